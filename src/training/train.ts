/** The one training loop: an async generator of measured steps. Pre-training and fine-tuning differ in their batches. */
import type { Batch } from './batch.ts';
import type { StepMeasurement, Trainer } from './trainer.ts';

export interface TrainOptions {
  /** The batch of update `step` (1, 2, …): a pure function, so that a resumed run sees what it would have seen. */
  readonly batchAt: (step: number) => Batch;
  /** Train until this many optimizer steps are done. */
  readonly until: number;
  /** Asked before every step but the first: whether to return at this boundary. */
  readonly enough?: () => boolean;
  /** Read measurements at least this often. */
  readonly every?: { readonly steps: number; readonly milliseconds: number };
}

/**
 * Yields measurements in order, and returns at `until` or once it is `enough`, with every submitted step measured. A
 * reading is awaited only when the steps after it are submitted, so that the GPU never waits for the host to read.
 */
export async function* train(
  trainer: Trainer,
  { batchAt, until, enough = () => false, every = { steps: 16, milliseconds: 250 } }: TrainOptions,
): AsyncGenerator<readonly StepMeasurement[]> {
  const first = trainer.step;
  const more = () => trainer.step < until && (trainer.step === first || !enough());
  const clock = new StepClock(trainer);
  let reading: Promise<StepMeasurement[]> | null = null;
  while (more()) {
    const [startedAt, start] = [performance.now(), trainer.step];
    do await trainer.submit(batchAt(trainer.step + 1));
    while (
      trainer.step - start < every.steps &&
      performance.now() - startedAt < every.milliseconds &&
      more()
    );
    const next = trainer.measure();
    next.catch(() => undefined); // reported when it is awaited, unless an earlier one failed
    if (reading) yield clock.tick(await reading);
    reading = next;
  }
  if (reading) {
    const measurements = await reading;
    // After others, only the last few steps were still under way: their time says nothing about a step.
    yield clock.ticked ? measurements : clock.tick(measurements);
  }
}

/** Tells the trainer how long its steps take, by those submitted from one reading to the next. */
class StepClock {
  ticked = false;
  private at = performance.now();
  private step: number;

  constructor(private readonly trainer: Pick<Trainer, 'program' | 'step'>) {
    this.step = trainer.step;
  }

  tick(measurements: readonly StepMeasurement[]): readonly StepMeasurement[] {
    const { at, step } = this;
    this.at = performance.now();
    this.step = this.trainer.step;
    this.trainer.program.adaptSubmits((this.at - at) / (this.step - step));
    this.ticked = true;
    return measurements;
  }
}
