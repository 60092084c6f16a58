/** The one training loop: an async generator of measured steps. Pre-training and fine-tuning differ in their batches. */
import type { Batch } from './batch.ts';
import type { StepMeasurement, Trainer } from './trainer.ts';

export interface TrainOptions {
  /** The batch of update `step` (1, 2, …): a pure function, so that a resumed run sees what it would have seen. */
  readonly batchAt: (step: number) => Batch;
  /** Train until this many optimizer steps are done. */
  readonly until: number;
  /** Read measurements at least this often. */
  readonly every?: { readonly steps: number; readonly milliseconds: number };
  readonly signal?: AbortSignal;
}

/** Yields measurements as they are read; returns at `until`, or at a step boundary after an abort. */
export async function* train<Config>(
  trainer: Trainer<Config>,
  options: TrainOptions,
): AsyncGenerator<readonly StepMeasurement[]> {
  const { batchAt, until, signal, every = { steps: 16, milliseconds: 250 } } = options;
  while (trainer.step < until && !signal?.aborted) {
    const startedAt = performance.now();
    const first = trainer.step;
    while (
      trainer.step < until &&
      !signal?.aborted &&
      trainer.step - first < every.steps &&
      (trainer.step === first || performance.now() - startedAt < every.milliseconds)
    ) {
      await trainer.submit(batchAt(trainer.step + 1));
    }
    const measurements = await trainer.measure();
    trainer.program.adaptSubmits((performance.now() - startedAt) / measurements.length);
    yield measurements;
  }
}
