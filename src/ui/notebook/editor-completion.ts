/** Completion in code cells: our API with its documentation, fields of specs, names of other cells, the language. */
import {
  completeFromList,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  type CompletionSource,
} from '@codemirror/autocomplete';
import { localCompletionSource, scopeCompletionSource } from '@codemirror/lang-javascript';
import { syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { SyntaxNode } from '@lezer/common';
import type { Builtins } from '../../notebook/builtins.ts';
import { specFields } from '../../notebook/spec-fields.ts';

/** The parts of the language that a notebook uses; the whole global scope would bury our names. */
const language = scopeCompletionSource({
  Math,
  JSON,
  Object,
  Array,
  Number,
  String,
  Map,
  Set,
  Promise,
  Date,
  console,
});

/** @param names names that the notebook's cells declare now. */
export function codeCompletions(
  builtins: Builtins,
  names: () => readonly string[],
): readonly CompletionSource[] {
  const api = completeFromList(
    Object.entries(builtins).map(([name, builtin]) => describe(name, builtin.signature, builtin.doc)),
  );
  const outsideOfMembers =
    (source: CompletionSource): CompletionSource =>
    (context) =>
      context.matchBefore(/\.\w*$/) || inText(context) ? null : source(context);
  const declared: CompletionSource = (context) =>
    completeFromList(names().map((label) => ({ label, type: 'variable', detail: 'from another cell' })))(
      context,
    );
  return [
    completeSpecField,
    outsideOfMembers(api),
    outsideOfMembers(declared),
    localCompletionSource,
    language,
  ];
}

function describe(label: string, signature: string, info: string): Completion {
  const type = signature.includes('(') || signature.includes('`') ? 'function' : 'constant';
  const detail = signature.slice(label.length);
  return { label, type, detail, info, boost: 2 };
}

function inText(context: CompletionContext): boolean {
  return /String|Comment|Template/.test(syntaxTree(context.state).resolveInner(context.pos, -1).name);
}

/** Inside `pretrain({model: {…|…}})`: the fields that this object may have. */
function completeSpecField(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/\w*$/);
  if (word === null || inText(context)) return null;
  const before = context.state.sliceDoc(Math.max(0, word.from - 200), word.from);
  // A field's name stands after a brace or a comma; after a colon stands its value.
  if (!/[{,]\s*$/.test(before)) return null;
  const place = specPlace(syntaxTree(context.state).resolveInner(word.from, -1), context.state);
  const fields = place && specFields(place.call, place.path);
  if (!fields?.length) return null;
  const options = fields.map(({ name, detail, doc }) => ({
    label: name,
    type: 'property',
    detail,
    info: doc,
    apply: `${name}: `,
    boost: 5,
  }));
  return { from: word.from, options, validFor: /^\w*$/ };
}

/** The call around an object literal, and the path of fields from its argument to the object. */
function specPlace(
  from: SyntaxNode,
  state: EditorState,
): { readonly call: string; readonly path: readonly string[] } | null {
  const path: string[] = [];
  for (let node: SyntaxNode | null = from; node !== null; node = node.parent) {
    if (node.name === 'Property') {
      const key = node.firstChild;
      if (key !== null && key.to < from.to) path.unshift(state.sliceDoc(key.from, key.to));
    } else if (node.name === 'CallExpression') {
      const callee = node.firstChild;
      return callee && { call: state.sliceDoc(callee.from, callee.to), path };
    } else if (/Function|Arrow/.test(node.name)) return null;
  }
  return null;
}
