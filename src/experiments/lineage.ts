/** Where weights come from: a fine-tune hangs on a pre-trained or imported checkpoint, an evaluation on any. */
import type { ExperimentStore } from './experiment-store.ts';
import type { Resources, TrainedTokenizer, WorkReport } from './resources.ts';
import { recordedInputs } from './run-inputs.ts';
import type { RunInputs } from './run.ts';
import type { CheckpointReference, FinetuneSpec, ImportSpec, PretrainSpec, RunSpec } from './spec.ts';

/** The checkpoint a run starts from, or null for pre-training and imports. */
export function parentOf(spec: RunSpec): CheckpointReference | null {
  switch (spec.kind) {
    case 'pretrain':
    case 'import':
      return null;
    case 'finetune':
      return spec.from;
    case 'evaluate':
      return spec.checkpoint;
  }
}

/** The run a spec hangs on ended without the checkpoint it needs. */
export class MissingParentError extends Error {
  override readonly name = 'MissingParentError';
}

/**
 * Resolves when the run's parent checkpoint exists. `underway` gives the end of a run of this queue that has not
 * ended yet.
 * @throws MissingParentError that says what became of the parent and what to do, the signal's reason when aborted
 */
export async function waitForParent(
  spec: RunSpec,
  store: ExperimentStore,
  underway: (run: string) => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const parent = parentOf(spec);
  if (!parent) return;
  let saved!: () => void;
  const exists = new Promise<void>((resolve) => (saved = resolve));
  const leave = store.onCheckpoint(({ run, step }) => {
    if (run === parent.run && step === parent.step) saved();
  });
  try {
    // Asked for before looking: a parent that ends in between is still seen.
    const ended = underway(parent.run);
    if (await store.hasCheckpoint(parent)) return;
    if (ended) await Promise.race([exists, ended, aborted(signal)]);
    signal.throwIfAborted();
    if (!(await store.hasCheckpoint(parent))) throw await missingParent(spec, parent, store);
  } finally {
    leave();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function missingParent(
  { kind }: RunSpec,
  { run, step }: CheckpointReference,
  store: ExperimentStore,
): Promise<MissingParentError> {
  const record = await store.runs.get(run);
  const kept = (await store.listCheckpoints(run)).map((checkpoint) => checkpoint.step);
  const lacking = `${kind}: there is no checkpoint at step ${step} of run ${run}`;
  const because = (reason: string) => new MissingParentError(`${lacking}${reason}`);
  if (!record) return because(', which is not kept in this browser. Run the cell that trains it first.');
  const parent = `its parent, ${record.spec.kind} run ${run}`;
  if (record.status === 'failed')
    return because(`: ${parent}, failed: ${record.error ?? 'for no stated reason'} Mend that run first.`);
  if (record.status === 'finished')
    return because(`: ${parent}, keeps the steps ${kept.join(', ') || 'none'}. Name one of them.`);
  return because(`: ${parent}, was ${record.status} after ${record.done} steps. Let it go on first.`);
}

export interface Lineage {
  readonly root: {
    readonly spec: PretrainSpec | ImportSpec;
    readonly checkpoint: CheckpointReference;
    /** What the run read: the tokenizer that belongs to the weights is the one made from it. */
    readonly inputs: RunInputs | null;
  };
  /** The fine-tunes between the root checkpoint and the weights, oldest first. */
  readonly tunes: readonly { readonly id: string; readonly spec: FinetuneSpec }[];
}

/** From a checkpoint back to the pre-training or import that it descends from. */
export async function traceLineage(
  checkpoint: CheckpointReference,
  store: ExperimentStore,
): Promise<Lineage> {
  const tunes: { id: string; spec: FinetuneSpec }[] = [];
  for (let at = checkpoint; ;) {
    const record = await store.runs.get(at.run);
    if (!record)
      throw new Error(
        `lineage: run ${at.run} is not kept in this browser; run the cell that trains it first`,
      );
    const { spec } = record;
    if (spec.kind === 'pretrain' || spec.kind === 'import')
      return { root: { spec, checkpoint: at, inputs: recordedInputs(record) }, tunes: tunes.reverse() };
    if (spec.kind === 'evaluate')
      throw new Error(`lineage: run ${at.run} is an evaluation and has no weights`);
    tunes.push({ id: at.run, spec });
    at = spec.from;
  }
}

/** Tokens that the root checkpoint was pre-trained on; 0 where nobody says. */
export function rootTokens({ root: { spec, checkpoint } }: Lineage): number {
  if (spec.kind === 'pretrain') return checkpoint.step * spec.batchSize * spec.contextLength;
  return spec.revisions.find(({ step }) => step === checkpoint.step)?.tokens ?? 0;
}

/** The tokenizer that the weights of a lineage were trained with. */
export function lineageTokenizer(
  { root: { spec, checkpoint, inputs } }: Lineage,
  resources: Resources,
  report?: WorkReport,
): Promise<TrainedTokenizer> {
  if (spec.kind === 'import') return resources.imported.get(checkpoint.run);
  return resources.tokenizer(spec.data.tokenizer, report, inputs);
}
