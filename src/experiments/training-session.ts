/**
 * A training run from where it stands to its end: resume or begin, train, measure, validate, save. Pre-training and
 * fine-tuning differ only in what they hand to it.
 */
import type { Json } from '../checkpoints/checkpoint.ts';
import { CorruptDataError } from '../checkpoints/errors.ts';
import { train } from '../training/train.ts';
import type { Batch } from '../training/batch.ts';
import { NonFiniteLossError, type StepMeasurement, type Trainer } from '../training/trainer.ts';
import type { RunContext, RunOutcome } from './run-context.ts';
import type { StepRecord } from './run.ts';
import type { CheckpointReference } from './spec.ts';
import { resumeTrainer, saveTrainer } from './trainer-checkpoints.ts';

export interface TrainingSession {
  readonly trainer: Trainer;
  readonly steps: number;
  /** Steps whose checkpoints are kept. */
  readonly kept: readonly number[];
  readonly tokensPerStep: number;
  /** Weights to begin with; called only when there is nothing to resume. */
  readonly initialWeights: () => Promise<Iterable<readonly [string, Float32Array]>>;
  /** The batch of update `step` (1, 2, …), from the step alone. */
  readonly batchAt: (step: number) => Batch;
  readonly validation: { readonly every: number; readonly batches: readonly Batch[] } | null;
  /** transformers' config.json. */
  readonly config: Json;
  readonly lineage: readonly CheckpointReference[];
}

/** A run that is killed loses at most this much work, in ms. */
const saveEvery = 60_000;

export async function runTrainingSession(session: TrainingSession, context: RunContext): Promise<RunOutcome> {
  const { trainer, steps, kept } = session;
  const { control } = context;
  await beginOrResume(session, context);
  let saved = { step: trainer.step, at: performance.now() };
  const save = async () => {
    if (saved.step === trainer.step) return;
    await saveCheckpoint(session, context);
    saved = { step: trainer.step, at: performance.now() };
  };
  const saveDue = () => performance.now() - saved.at > saveEvery;
  context.activity('training');
  while (trainer.step < steps) {
    const allowed = await control.boundary(save);
    if (allowed === 0) return 'stopped';
    const until = Math.min(nextStop(session), trainer.step + allowed);
    await trainUntil(until, session, context, () => control.interrupted || saveDue());
    if (kept.includes(trainer.step) || trainer.step === steps || saveDue()) {
      await save();
      context.activity('training');
    }
  }
  await context.store.settle(context.id, kept);
  return 'finished';
}

/** The next step at which something other than training happens. */
function nextStop({ trainer, steps, kept, validation }: TrainingSession): number {
  const stops = [steps, ...kept.filter((step) => step > trainer.step)];
  if (validation) stops.push((Math.floor(trainer.step / validation.every) + 1) * validation.every);
  return Math.min(...stops);
}

/** Trains to `until`, or to an earlier boundary once `enough` says so. */
async function trainUntil(
  until: number,
  session: TrainingSession,
  context: RunContext,
  enough: () => boolean,
): Promise<void> {
  const { trainer, steps, batchAt, tokensPerStep, validation } = session;
  const report = async (measured: readonly StepMeasurement[]): Promise<StepRecord | undefined> => {
    const records = measured.map((step) => stepRecord(step, session, context.id));
    const { step } = measured.at(-1) ?? trainer;
    await context.progress(step, steps, step * tokensPerStep, records);
    return records.at(-1);
  };
  let last: StepRecord | undefined;
  try {
    for await (const measured of train(trainer, { batchAt, until, enough })) last = await report(measured);
  } catch (error) {
    // The curve that led to the failure is what its reader needs.
    if (error instanceof NonFiniteLossError && error.before.length > 0) await report(error.before);
    throw error;
  }
  const due = validation && last && (trainer.step % validation.every === 0 || trainer.step === steps);
  if (!due) return;
  context.activity('validating');
  const validationLoss = await trainer.validationLoss(validation.batches);
  await context.progress(trainer.step, steps, trainer.step * tokensPerStep, [{ ...last!, validationLoss }]);
  context.activity('training');
}

function stepRecord(
  { step, loss, gradNorm, learningRate }: StepMeasurement,
  { tokensPerStep }: TrainingSession,
  run: string,
): StepRecord {
  return { run, step, loss, gradNorm, learningRate, tokens: step * tokensPerStep };
}

/** Goes on from the newest checkpoint that has moments; a damaged one is passed over for the one before. */
async function beginOrResume(session: TrainingSession, context: RunContext): Promise<void> {
  const { trainer, kept, steps } = session;
  const { store, id } = context;
  // Ended between its last save and being marked as finished: there are no moments any more, and no need of them.
  if (await store.hasCheckpoint({ run: id, step: steps })) return trainer.resumeAt(steps);
  const resumable = (await store.listCheckpoints(id)).filter((checkpoint) => checkpoint.resumable);
  for (const { step } of resumable.reverse()) {
    try {
      context.activity(`resuming from step ${step}`);
      await resumeTrainer(trainer, await store.loadCheckpoint({ run: id, step }));
      await store.dropStepsAfter(id, step);
      await context.progress(step, session.steps, step * session.tokensPerStep);
      return;
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
    }
  }
  trainer.load('parameters', await session.initialWeights());
  await store.dropStepsAfter(id, 0);
  if (kept.includes(0)) await saveCheckpoint(session, context);
}

async function saveCheckpoint(
  { trainer, kept, tokensPerStep, config, lineage }: TrainingSession,
  context: RunContext,
): Promise<void> {
  const { id: run, store } = context;
  const { step } = trainer;
  context.activity(`saving checkpoint ${step}`);
  await saveTrainer(store, trainer, { run, step, tokens: step * tokensPerStep, config, lineage });
  await store.prune(run, kept);
}
