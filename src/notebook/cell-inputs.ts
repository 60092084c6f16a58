/** Where a name that a cell uses comes from: another cell, the API, or the language; or why it cannot be had. */
import type { Builtins, CellContext } from './builtins.ts';
import type { CellGraph } from './cell-graph.ts';
import { BlockedError, type CellState } from './cell-state.ts';

export interface InputSources {
  readonly graph: CellGraph;
  readonly cells: ReadonlyMap<number, CellState>;
  readonly builtins: Builtins;
}

/**
 * Checks that the cell can run now.
 * @throws BlockedError naming the cells in the way; the cell's own syntax error.
 */
export function checkRunnable(state: CellState, sources: InputSources): void {
  if (state.syntaxError !== null) throw state.syntaxError;
  const { graph } = sources;
  const circle = graph.circle(state.cell.id);
  if (circle !== null) {
    const names = [...circle, circle[0]!].map((id) => describeCell(id, sources)).join(' → ');
    throw new BlockedError(`these cells need each other in a circle: ${names}; let one of them do without`);
  }
  for (const name of state.code?.outputs ?? []) refuseDuplicate(name, sources);
  for (const name of state.code?.inputs ?? []) checkInput(name, sources);
}

/**
 * What the cell is given, by name: values of other cells and of the API. The language's own globals it finds itself;
 * reading them here would raise their errors outside of the cell's `try`.
 */
export function inputValues(
  state: CellState,
  context: CellContext,
  sources: InputSources,
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const name of state.code?.inputs ?? []) {
    const [definer] = sources.graph.definers(name);
    if (definer !== undefined) values.set(name, sources.cells.get(definer)!.exports!.get(name));
    else if (Object.hasOwn(sources.builtins, name)) values.set(name, sources.builtins[name]!.bind(context));
  }
  return values;
}

function checkInput(name: string, sources: InputSources): void {
  refuseDuplicate(name, sources);
  const definer = sources.graph.definers(name)[0];
  if (definer === undefined) {
    if (Object.hasOwn(sources.builtins, name) || name in globalThis) return;
    throw new BlockedError(`\`${name}\` is not defined: no cell declares it and it is not built in`);
  }
  const { status, exports } = sources.cells.get(definer)!;
  if (status !== 'error' && exports?.has(name)) return;
  const reason =
    status === 'error' ? 'failed' : exports === null ? 'has not been run' : 'was edited and not run';
  throw new BlockedError(
    `\`${name}\` is missing: ${describeCell(definer, sources)}, which declares it, ${reason}`,
    [definer],
  );
}

function refuseDuplicate(name: string, sources: InputSources): void {
  const definers = sources.graph.definers(name);
  if (definers.length < 2) return;
  const where = definers.map((id) => describeCell(id, sources)).join(' and ');
  throw new BlockedError(`\`${name}\` is declared in ${where}; rename all but one`);
}

/** `cell 3 (base)`: its place among the notebook's cells, as a person counts, and what it declares. */
export function describeCell(id: number, { cells }: InputSources): string {
  const place = [...cells.keys()].indexOf(id) + 1;
  const outputs = cells.get(id)?.code?.outputs ?? [];
  return `cell ${place}${outputs.length > 0 ? ` (${outputs.slice(0, 3).join(', ')})` : ''}`;
}
