/**
 * The data order: batches of windows of a token stream, computable from (seed, step) alone. Nothing is kept between
 * steps, so that a resumed run needs no cursor and sees what it would have seen.
 */
import { RandomStream } from '../random/random-stream.ts';
import type { TokenStream } from './token-stream.ts';

/** B sequences of T tokens, row by row; `targets[b, t]` is the token after `inputs[b, t]`. */
export interface Batch {
  /** (B, T) */
  readonly inputs: Int32Array<ArrayBuffer>;
  /** (B, T) */
  readonly targets: Int32Array<ArrayBuffer>;
}

export interface BatchShape {
  /** B, sequences per batch. */
  readonly batchSize: number;
  /** T, tokens per sequence. */
  readonly contextLength: number;
}

/**
 * Training batches: every epoch goes through all windows of T + 1 tokens (T apart, so that every token is a target
 * once) in another random order; epochs follow each other without a gap, and a batch may lie across two of them.
 */
export class TrainingBatches {
  /** Windows in an epoch. */
  readonly windows: number;

  /** @throws RangeError when the stream is shorter than one window. */
  constructor(
    private readonly stream: TokenStream,
    private readonly shape: BatchShape,
    private readonly seed: number,
  ) {
    this.windows = windowCount(stream, shape);
  }

  /** The batch of a step, from 0. */
  batch(step: number): Batch {
    const first = step * this.shape.batchSize;
    return readWindows(this.stream, this.shape, (row) => this.windowAt(first + row));
  }

  /** Which window the `index`-th sequence of the whole training is. */
  private windowAt(index: number): number {
    const epoch = Math.floor(index / this.windows);
    return new RandomStream(this.seed, `windows of epoch ${epoch}`).permute(
      index % this.windows,
      this.windows,
    );
  }
}

/**
 * Validation batches: the same `count` batches every time, their windows spread evenly over the stream. A stream with
 * fewer windows gives fewer batches (at least one: its windows are then repeated to fill it).
 * @throws RangeError when the stream is shorter than one window.
 */
export function validationBatches(stream: TokenStream, shape: BatchShape, count: number): Batch[] {
  const windows = windowCount(stream, shape);
  const batches = Math.max(1, Math.min(count, Math.floor(windows / shape.batchSize)));
  const wanted = batches * shape.batchSize;
  const windowOf = (index: number): number =>
    wanted <= windows ? Math.floor((index * windows) / wanted) : index % windows;
  return Array.from({ length: batches }, (_, batch) =>
    readWindows(stream, shape, (row) => windowOf(batch * shape.batchSize + row)),
  );
}

function windowCount(stream: TokenStream, { batchSize, contextLength }: BatchShape): number {
  const windows = Math.floor((stream.length - 1) / contextLength);
  if (batchSize >= 1 && contextLength >= 1 && windows >= 1) return windows;
  throw new RangeError(
    `batches: the text is too short for one sequence, got ${stream.length} tokens, expected at least ${contextLength + 1}; use more text or a shorter context`,
  );
}

function readWindows(
  stream: TokenStream,
  { batchSize: B, contextLength: T }: BatchShape,
  windowOf: (row: number) => number,
): Batch {
  const inputs = new Int32Array(B * T);
  const targets = new Int32Array(B * T);
  for (let row = 0; row < B; row++) {
    const start = windowOf(row) * T;
    stream.read(start, T, inputs, row * T);
    stream.read(start + 1, T, targets, row * T);
  }
  return { inputs, targets };
}
