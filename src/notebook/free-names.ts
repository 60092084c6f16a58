/** Which names a cell uses without declaring them (its inputs), and which it declares at its top (its outputs). */
import type { ForOfStatement, Identifier, Node, Pattern, Program } from 'acorn';
import { ancestor, type AncestorVisitors } from 'acorn-walk';

export interface FreeName {
  readonly name: string;
  readonly start: number;
  /** Whether the cell assigns to it, which only its own declarations allow. */
  readonly assigned: boolean;
}

/** The identifiers that a pattern declares: `{a, b: [c = 1, ...d]}` declares a, c and d. */
export function declaredNames(pattern: Pattern): Identifier[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern];
    case 'ObjectPattern':
      return pattern.properties.flatMap((each) =>
        declaredNames(each.type === 'Property' ? each.value : each),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : declaredNames(element)));
    case 'RestElement':
      return declaredNames(pattern.argument);
    case 'AssignmentPattern':
      return declaredNames(pattern.left);
    case 'MemberExpression':
      return [];
  }
}

/** The names declared by the program's own statements, in order. */
export function topLevelNames(program: Program): Identifier[] {
  return program.body.flatMap((statement) => {
    if (statement.type === 'VariableDeclaration')
      return statement.declarations.flatMap(({ id }) => declaredNames(id));
    if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration')
      return [statement.id];
    return [];
  });
}

/** Every use of a name that no enclosing scope of `root` declares, in source order. */
export function freeNames(root: Node): FreeName[] {
  const scopes = collectScopes(root);
  const found: FreeName[] = [];
  const use = ({ name, start }: Identifier, assigned: boolean, ancestors: readonly Node[]): void => {
    if (name === 'undefined' || ancestors.some((node) => scopes.get(node)?.has(name))) return;
    found.push({ name, start, assigned });
  };
  const visitors: AncestorVisitors<unknown> & { VariablePattern: Visit<Identifier> } = {
    Identifier: (node, _state, ancestors) => use(node, isWritten(node, ancestors.at(-2)), ancestors),
    // acorn-walk's name for an identifier that is written to, by a declaration or an assignment.
    VariablePattern: (node, _state, ancestors) => use(node, true, ancestors),
  };
  ancestor<unknown>(root, visitors);
  return found.sort((a, b) => a.start - b.start);
}

/** Writes that acorn-walk visits as expressions: `x++`, and `x` in `for (x of …)`. */
function isWritten(node: Identifier, parent: Node | undefined): boolean {
  if (parent?.type === 'UpdateExpression') return true;
  return (
    (parent?.type === 'ForOfStatement' || parent?.type === 'ForInStatement') &&
    (parent as ForOfStatement).left === node
  );
}

type Visit<N extends Node> = (node: N, state: unknown, ancestors: readonly Node[]) => void;
type Scopes = Map<Node, Set<string>>;

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const blockTypes = new Set([
  'BlockStatement',
  'SwitchStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'StaticBlock',
]);

function collectScopes(root: Node): Scopes {
  const scopes: Scopes = new Map();
  const declare = (scope: Node, names: readonly Identifier[]): void => {
    const known = scopes.get(scope) ?? new Set();
    for (const { name } of names) known.add(name);
    scopes.set(scope, known);
  };
  /** The innermost ancestor that holds declarations; `var` passes through blocks. */
  const scopeAbove = (ancestors: readonly Node[], isVar: boolean): Node =>
    ancestors
      .slice(0, -1)
      .findLast((node) => functionTypes.has(node.type) || (!isVar && blockTypes.has(node.type))) ?? root;

  ancestor<unknown>(root, {
    VariableDeclaration: (node, _state, ancestors) => {
      const scope = scopeAbove(ancestors, node.kind === 'var');
      for (const { id } of node.declarations) declare(scope, declaredNames(id));
    },
    Function: (node, _state, ancestors) => {
      declare(node, node.params.flatMap(declaredNames));
      if (node.type !== 'ArrowFunctionExpression') scopes.get(node)!.add('arguments');
      if (!node.id) return;
      declare(node.type === 'FunctionDeclaration' ? scopeAbove(ancestors, false) : node, [node.id]);
    },
    Class: (node, _state, ancestors) => {
      if (!node.id) return;
      declare(node, [node.id]);
      if (node.type === 'ClassDeclaration') declare(scopeAbove(ancestors, false), [node.id]);
    },
    CatchClause: (node) => {
      if (node.param) declare(node, declaredNames(node.param));
    },
  });
  return scopes;
}
