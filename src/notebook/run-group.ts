/** The runs that one execution of a cell asked for: started in order, followed together, stopped together. */
import type { RunSpec } from '../experiments/spec.ts';
import type { Engine } from '../worker/protocol.ts';
import type { RunHandle } from './run-handle.ts';
import { RunStoppedError, TrackedRun } from './tracked-run.ts';

export class RunGroup {
  readonly #runs = new Map<string, TrackedRun>();
  readonly #listeners = new Set<() => void>();
  readonly #leave: () => void;
  #starts: Promise<void> = Promise.resolve();
  #sealed = false;

  constructor(private readonly engine: Engine) {
    this.#leave = engine.subscribe((event) => {
      for (const run of this.#runs.values()) run.hear(event);
    });
  }

  /** In the order in which the cell asked for them. */
  get runs(): readonly TrackedRun[] {
    return [...this.#runs.values()];
  }

  /** Asks for a run; the same spec twice is one run. @throws Error once the cell's execution is over. */
  add(spec: RunSpec): TrackedRun {
    if (this.#sealed) {
      throw new Error(
        `${spec.kind}: called after its cell had ended; call it in the cell that you run, and await it`,
      );
    }
    const run = new TrackedRun(spec, this.engine, () => this.#changed());
    const known = this.#runs.get(run.handle.id);
    if (known !== undefined) return known;
    this.#runs.set(run.handle.id, run);
    // One after the other: the engine queues them in the order of the cell.
    this.#starts = this.#starts.then(() => run.start());
    this.#changed();
    return run;
  }

  /** Resolves when every run has finished, those added meanwhile included; rejects with the first failure. */
  async settled(): Promise<void> {
    let seen = -1;
    let results: PromiseSettledResult<void>[] = [];
    while (seen !== this.#runs.size) {
      seen = this.#runs.size;
      results = await Promise.allSettled(this.runs.map((run) => run.done));
    }
    const errors = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as Error] : [],
    );
    const failures = errors.filter((error) => !(error instanceof RunStoppedError));
    if (failures.length > 1)
      throw new Error(`${failures.length} of ${seen} runs failed; the first: ${failures[0]!.message}`);
    if (errors.length > 0) throw failures[0] ?? errors[0]!;
  }

  /** Stops what has not ended, in the engine too, and takes no more runs. */
  stop(): void {
    for (const run of this.#runs.values()) {
      if (run.ended) continue;
      run.abandon();
      void this.engine.request('runs.stop', { run: run.handle.id }).catch(() => undefined); // it may not have begun
    }
    this.seal();
  }

  /** Takes no more runs; those it has are still followed, so that their cards stay true. */
  seal(): void {
    this.#sealed = true;
  }

  /** Stops following. */
  close(): void {
    this.seal();
    this.#leave();
  }

  /** Calls back on every change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The group's run behind a handle. */
  find(handle: RunHandle): TrackedRun | undefined {
    return this.#runs.get(handle.id);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
