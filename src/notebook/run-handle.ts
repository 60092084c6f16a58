/** What a cell holds of a run: its id, its spec and the checkpoints it keeps or will keep. Plain data, known at once. */
import { runId } from '../experiments/spec-hash.ts';
import type { CheckpointReference, RunSpec } from '../experiments/spec.ts';

/** A run as notebook code sees it. Everything here follows from the spec, so it is there before the run has begun. */
export class RunHandle<Spec extends RunSpec = RunSpec> {
  readonly id: string;
  /** Kept checkpoints by rising step; a fine-tuning run keeps its last step, an evaluation none. */
  readonly checkpoints: readonly CheckpointReference[];

  constructor(readonly spec: Spec) {
    this.id = runId(spec);
    this.checkpoints = keptSteps(spec).map((step) => ({ run: this.id, step }));
  }

  /** The last kept checkpoint. @throws RangeError for an evaluation, which keeps none. */
  get last(): CheckpointReference {
    const last = this.checkpoints.at(-1);
    if (last === undefined)
      throw new RangeError(
        `run ${this.id}: no checkpoint, got ${this.spec.kind}, expected training or an import`,
      );
    return last;
  }

  /** The checkpoint kept at a step. @throws RangeError when none is kept there, naming those that are. */
  at(step: number): CheckpointReference {
    const found = this.checkpoints.find((checkpoint) => checkpoint.step === step);
    if (found !== undefined) return found;
    const kept = this.checkpoints.map((checkpoint) => checkpoint.step).join(', ');
    throw new RangeError(
      `run ${this.id}: no checkpoint is kept at step ${step}, expected one of ${kept || 'none'}`,
    );
  }
}

/** Steps whose weights a run keeps, rising, each once. */
function keptSteps(spec: RunSpec): readonly number[] {
  switch (spec.kind) {
    case 'pretrain':
      return [...new Set(spec.checkpoints)].filter((step) => step <= spec.steps).sort((a, b) => a - b);
    case 'finetune':
      return [Math.ceil((spec.items * spec.epochs) / spec.batchSize)];
    case 'import':
      return spec.revisions.map(({ step }) => step).sort((a, b) => a - b);
    case 'evaluate':
      return [];
  }
}
