/** One engine in a race: the same model, weights, batches and AdamW as every other. */
import type { Work } from '../work.ts';

export interface Timed {
  readonly loss: number;
  readonly milliseconds: number;
}

export interface Contestant {
  /** With its version, as rows name it. */
  readonly name: string;
  /** The first update, timed from nothing: device, weights, compilation, tuning, and the step itself. */
  readonly first: Timed;
  /** Update number `step` (2, 3, …), timed until the GPU has done it. */
  step(step: number): Promise<Timed>;
  /** Host milliseconds from the call until all of one update is submitted, the GPU idle before. */
  encode?(step: number): Promise<number>;
  /** Host milliseconds to encode and submit the dispatches of one update, with nothing prepared or uploaded. */
  replay?(): Promise<number>;
  /** Dispatches of one update. Counting goes on afterwards and costs time: call it last. */
  countDispatches?(step: number): Promise<number>;
  /** The most bytes of GPU buffers alive at one time so far; null where they cannot be seen. */
  peakBytes(): number | null;
  dispose(): Promise<void>;
}

/** Starts a contestant on a work, on a device of its own. Throws NotHereError where it cannot run. */
export type Start = (work: Work) => Promise<Contestant>;

/** This contestant cannot run on this machine; the message says what is missing. */
export class NotHereError extends Error {
  override readonly name = 'NotHereError';
}

export async function timed(step: () => Promise<number>): Promise<Timed> {
  const start = performance.now();
  const loss = await step();
  return { loss, milliseconds: performance.now() - start };
}
