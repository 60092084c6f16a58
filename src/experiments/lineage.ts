/** Where weights come from: a fine-tune hangs on a pre-training checkpoint, an evaluation on either. */
import type { ExperimentStore } from './experiment-store.ts';
import type { CheckpointReference, PretrainSpec, FinetuneSpec, RunSpec } from './spec.ts';

/** The checkpoint a run starts from, or null for pre-training. */
export function parentOf(spec: RunSpec): CheckpointReference | null {
  switch (spec.kind) {
    case 'pretrain':
      return null;
    case 'finetune':
      return spec.from;
    case 'evaluate':
      return spec.checkpoint;
  }
}

/**
 * Resolves when the run's parent checkpoint exists. `activity` gives the end of a run of this queue that is under
 * way; a parent that is neither kept nor under way is an error that says what to run first.
 */
export async function waitForParent(
  spec: RunSpec,
  store: ExperimentStore,
  activity: (run: string) => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const parent = parentOf(spec);
  if (!parent) return;
  for (let underway = activity(parent.run); ; underway = activity(parent.run)) {
    if (await hasCheckpoint(store, parent)) return;
    if (!underway) {
      throw new Error(
        `${spec.kind}: there is no checkpoint at step ${parent.step} of run ${parent.run}. Run the cell that trains it first, ` +
          'and check that this step is among the checkpoints it keeps.',
      );
    }
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([underway, delay(500), aborted]);
    signal.throwIfAborted();
  }
}

async function hasCheckpoint(store: ExperimentStore, { run, step }: CheckpointReference): Promise<boolean> {
  return (await store.listCheckpoints(run)).some((checkpoint) => checkpoint.step === step);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export interface Lineage {
  readonly root: { readonly spec: PretrainSpec; readonly checkpoint: CheckpointReference };
  /** The fine-tunes between the root checkpoint and the weights, oldest first. */
  readonly tunes: readonly { readonly id: string; readonly spec: FinetuneSpec }[];
}

/** From a checkpoint back to the pre-training run it descends from. */
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
    if (spec.kind === 'pretrain') return { root: { spec, checkpoint: at }, tunes: tunes.reverse() };
    if (spec.kind === 'evaluate')
      throw new Error(`lineage: run ${at.run} is an evaluation and has no weights`);
    tunes.push({ id: at.run, spec });
    at = spec.from;
  }
}
