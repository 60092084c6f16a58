/** Running a cell's code: the function made of its source, and values that arrive later or keep changing. */
import { BODY_LINE_OFFSET, type TranspiledCell } from './transpile.ts';

type CellFunction = (...inputs: unknown[]) => Promise<unknown>;
/** The constructor of async functions has no name of its own. */
const asyncPrototype = Object.getPrototypeOf(async () => Promise.resolve()) as {
  readonly constructor: unknown;
};
const AsyncFunction = asyncPrototype.constructor as new (...source: string[]) => CellFunction;

/** The cell's function of the named values; its stack traces call the file `cell-ID.js`. */
export function compileCell(cell: TranspiledCell, names: readonly string[], id: number): CellFunction {
  return new AsyncFunction(...names, `${cell.body}\n//# sourceURL=cell-${id}.js`);
}

/** Where in the cell an error arose: a 1-based line, or null when the stack does not say. */
export function errorLine(error: unknown, id: number): number | null {
  const match =
    error instanceof Error ? new RegExp(`cell-${id}\\.js:(\\d+):\\d+`).exec(error.stack ?? '') : null;
  const line = match ? Number(match[1]) - BODY_LINE_OFFSET : 0;
  return line > 0 ? line : null;
}

/** A promise's value, or the signal's reason as soon as it is aborted. */
export function orAborted<T>(value: Promise<T> | T, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    Promise.resolve(value)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>;

/** The iterator of a value that changes over time (async iterables and generators), else null. */
function changing(value: unknown): AnyIterator | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  // Arrays, maps and sets are values; a running generator is something that happens.
  return Object.prototype.toString.call(value) === '[object Generator]' ? (value as Iterator<unknown>) : null;
}

/**
 * Reports a value that may be a promise, an async iterable or a generator: `onValue` hears its first value, then each
 * later one. Resolves when no more will come; `first` resolves with the first value.
 */
export function observeValue(
  value: unknown,
  signal: AbortSignal,
  onValue: (value: unknown) => void,
): Observation {
  let resolveFirst!: () => void;
  const first = new Promise<void>((resolve) => (resolveFirst = resolve));
  const report = (next: unknown): void => {
    onValue(next);
    resolveFirst();
  };
  const last = follow(value, signal, report).then(resolveFirst);
  last.catch(() => undefined); // heard through `first` below or by whoever awaits `last`
  return { first: Promise.race([first, last]), last };
}
export interface Observation {
  readonly first: Promise<void>;
  readonly last: Promise<void>;
}

async function follow(value: unknown, signal: AbortSignal, report: (value: unknown) => void): Promise<void> {
  const settled = await orAborted(value, signal);
  const iterator = changing(settled);
  if (iterator === null) return report(settled);
  try {
    for (;;) {
      const next = await orAborted<IteratorResult<unknown, unknown>>(iterator.next(), signal);
      if (next.done) return;
      report(await orAborted(next.value, signal));
      await nextTask(); // a generator that never waits must not starve the page
    }
  } finally {
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
