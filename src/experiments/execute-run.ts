/** From a spec to its execution. */
import { executeEvaluate } from './evaluate-run.ts';
import { executeFinetune, finetuneSteps } from './finetune-run.ts';
import { executePretrain } from './pretrain-run.ts';
import type { RunContext, RunOutcome } from './run-context.ts';
import type { ImportSpec, RunSpec } from './spec.ts';

/** A run that computes. */
export type GpuSpec = Exclude<RunSpec, ImportSpec>;

/** Does the work of a run on the GPU, from its last checkpoint on where there is one. */
export function executeRun(spec: GpuSpec, context: RunContext): Promise<RunOutcome> {
  switch (spec.kind) {
    case 'pretrain':
      return executePretrain(spec, context);
    case 'finetune':
      return executeFinetune(spec, context);
    case 'evaluate':
      return executeEvaluate(spec, context);
  }
}

/** Steps of a training run, items of an evaluation, bytes of an import: of these, 1 until the hub has said how many. */
export function totalWork(spec: RunSpec): number {
  switch (spec.kind) {
    case 'pretrain':
      return spec.steps;
    case 'finetune':
      return finetuneSteps(spec);
    case 'evaluate':
      return spec.items * spec.shifts.length * spec.formats.length;
    case 'import':
      return 1;
  }
}
