/** Cells that are to run as soon as what they need is there, each with those who wait for its outcome. */
import type { CellOutcome } from './cell-state.ts';

export type OutcomeListener = (outcome: CellOutcome) => void;

export class CellQueue {
  readonly #waiting = new Map<number, OutcomeListener[]>();

  has(id: number): boolean {
    return this.#waiting.has(id);
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Queues the cell, once however often it is asked for; the promise is the outcome of the execution that follows. */
  add(id: number, listeners: readonly OutcomeListener[] = []): Promise<CellOutcome> {
    return new Promise((resolve) =>
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), ...listeners, resolve]),
    );
  }

  /** Takes the cell out; null when it was not queued. */
  take(id: number): readonly OutcomeListener[] | null {
    const listeners = this.#waiting.get(id) ?? null;
    this.#waiting.delete(id);
    return listeners;
  }
}
