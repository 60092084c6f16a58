/** Evaluation of one checkpoint on one task: every shift, every prompt format, one row each. */
import { evaluateTask, type EvaluationSubject } from '../evaluation/evaluate-task.ts';
import type { EvaluationRow } from '../evaluation/row.ts';
import { findTask } from '../tasks/index.ts';
import { traceLineage, type Lineage } from './lineage.ts';
import { loadOnGpu } from './loaded-checkpoint.ts';
import type { RunContext, RunOutcome } from './run-context.ts';
import type { EvaluateSpec } from './spec.ts';

export async function executeEvaluate(spec: EvaluateSpec, context: RunContext): Promise<RunOutcome> {
  const { activity, store, signal, resources, control } = context;
  activity('loading the checkpoint');
  const lineage = await traceLineage(spec.checkpoint, store);
  const { tokenizer } = await resources.tokenizer(lineage.root.spec.data.tokenizer, { activity, signal });
  const task = findTask(spec.task);
  const documents = await resources.documents(task.dataset);
  const { contextLength, batchSize } = spec;
  const loaded = await loadOnGpu(context.gpu, store, spec.checkpoint, {
    tokenizer,
    contextLength,
    batchSize,
  });
  try {
    const subject = subjectOf(spec, lineage);
    const total = spec.items * spec.shifts.length * spec.formats.length;
    const rows: EvaluationRow[] = [];
    let before = 0;
    for (const shift of spec.shifts) {
      for (const format of spec.formats) {
        activity(`${task.title}: ${task.shifts[shift]}, ${format} format`);
        const evaluation = evaluateTask(loaded.model, task, documents, {
          ...spec,
          subject,
          shift,
          format,
          signal,
        });
        for (;;) {
          if ((await control.boundary(() => Promise.resolve())) === 0) return 'stopped';
          const next = await evaluation.next();
          if (next.done) {
            rows.push(...next.value.rows);
            break;
          }
          await context.progress(before + next.value.done, total, 0);
        }
        before += spec.items;
      }
    }
    await context.rows(rows);
    await context.progress(total, total, 0);
    return 'finished';
  } finally {
    await loaded.dispose();
  }
}

/** Which weights the rows are about: their own run, and the pre-training checkpoint they descend from. */
function subjectOf({ checkpoint }: EvaluateSpec, { root, tunes }: Lineage): EvaluationSubject {
  const last = tunes.at(-1);
  const { step } = root.checkpoint;
  return {
    run: checkpoint.run,
    checkpoint: `${checkpoint.run}@${checkpoint.step}`,
    step,
    tokens: step * root.spec.batchSize * root.spec.contextLength,
    phase: last ? 'tuned' : 'base',
    method: last ? last.spec.method : 'none',
    trainTask: last?.spec.task ?? null,
  };
}
