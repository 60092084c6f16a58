/** From a cell's source to the body of an async function of its inputs. Nothing is run here. */
import { parse, type ImportDeclaration, type ImportExpression, type Node, type Program } from 'acorn';
import { simple } from 'acorn-walk';
import { transform } from 'sucrase';
import { CellSyntaxError, plainSyntaxError } from './cell-syntax-error.ts';
import { freeNames, topLevelNames, type FreeName } from './free-names.ts';
import type { CellKind } from './notebook.ts';

/** Names whose use makes a cell expensive: it then runs only when a person says so. */
export const expensiveNames: ReadonlySet<string> = new Set([
  'pretrain',
  'finetune',
  'evaluate',
  'generate',
  'importModel',
  'profileStep',
  'revisions',
]);

/** Lines that a stack trace counts before the cell's first: the function's head, its brace, the directive. */
export const BODY_LINE_OFFSET = 3;

export interface TranspiledCell {
  /** Names used and not declared: the function's parameters, each once, in order of first use. */
  readonly inputs: readonly string[];
  /** Names declared at the top: the properties of the object that the function returns. */
  readonly outputs: readonly string[];
  /** Body of `async function (…inputs)`. */
  readonly body: string;
  /** Whether the cell is one expression, whose value is returned and shown. */
  readonly isExpression: boolean;
  readonly expensive: boolean;
}

/**
 * Transpiles a JavaScript or TypeScript cell.
 * @throws CellSyntaxError with a 1-based line and a 0-based column.
 */
export function transpile(source: string, kind: Exclude<CellKind, 'md'> = 'js'): TranspiledCell {
  const script = kind === 'ts' ? stripTypes(source) : source;
  const program = parseProgram(script);
  refuseImports(program, script);
  const names = freeNames(program);
  refuseAssignments(names, script);
  const outputs = [...new Set(topLevelNames(program).map(({ name }) => name))];
  const isExpression = program.body.length === 1 && isOpenExpression(program.body[0]!, script);
  const inputs = [...new Set(names.map(({ name }) => name))];
  return {
    inputs,
    outputs,
    body: isExpression
      ? `"use strict";return (\n${script.slice(0, program.body[0]!.end)}\n)`
      : `"use strict";\n${script}\nreturn {${outputs.join(', ')}};`,
    isExpression,
    expensive: inputs.some((name) => expensiveNames.has(name)),
  };
}

function stripTypes(source: string): string {
  try {
    // Lines are kept, columns are not where a type stood before them.
    return transform(source, {
      transforms: ['typescript'],
      disableESTransforms: true,
      keepUnusedImports: true,
    }).code;
  } catch (error) {
    throw plainSyntaxError(error, source);
  }
}

function parseProgram(script: string): Program {
  try {
    return parse(script, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  } catch (error) {
    throw plainSyntaxError(error, script);
  }
}

/** An expression that no semicolon closes; `1 + 1;` is run and not shown. */
function isOpenExpression(statement: Node, script: string): boolean {
  return statement.type === 'ExpressionStatement' && script[statement.end - 1] !== ';';
}

function refuseImports(program: Program, script: string): void {
  const refuse = (node: ImportDeclaration | ImportExpression): never => {
    throw CellSyntaxError.at(
      script,
      node.start,
      'a cell cannot import: notebooks have no network; what is built in needs no import',
    );
  };
  simple(program, {
    ImportDeclaration: refuse,
    ImportExpression: refuse,
    ExportNamedDeclaration: (node) => refuseExport(node, script),
    ExportDefaultDeclaration: (node) => refuseExport(node, script),
    ExportAllDeclaration: (node) => refuseExport(node, script),
  });
}

function refuseExport(node: Node, script: string): never {
  throw CellSyntaxError.at(
    script,
    node.start,
    'a cell needs no export: other cells see what it declares at its top',
  );
}

function refuseAssignments(names: readonly FreeName[], script: string): void {
  const wrong = names.find(({ assigned }) => assigned);
  if (wrong === undefined) return;
  throw CellSyntaxError.at(
    script,
    wrong.start,
    `\`${wrong.name}\` is assigned but not declared in this cell; write \`let ${wrong.name} = …\`, or choose another name`,
  );
}
