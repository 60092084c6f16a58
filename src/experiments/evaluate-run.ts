/** Evaluation of one checkpoint on one task: every shift, every prompt format, one row each. */
import { evaluateTask, type EvaluationSubject } from '../evaluation/evaluate-task.ts';
import type { EvaluationRow } from '../evaluation/row.ts';
import { findTask } from '../tasks/index.ts';
import type { Shift } from '../tasks/task.ts';
import { lineageTokenizer, rootTokens, traceLineage, type Lineage } from './lineage.ts';
import { loadOnGpu } from './loaded-checkpoint.ts';
import type { RunContext, RunOutcome } from './run-context.ts';
import type { EvaluateSpec } from './spec.ts';

export async function executeEvaluate(spec: EvaluateSpec, context: RunContext): Promise<RunOutcome> {
  const { activity, store, signal, resources } = context;
  activity('loading the checkpoint');
  const lineage = await traceLineage(spec.checkpoint, store);
  const { tokenizer } = await lineageTokenizer(lineage, resources, { activity, signal });
  const task = findTask(spec.task);
  const documents = await resources.documents(task.dataset);
  const { contextLength, batchSize, weights } = spec;
  const loaded = await loadOnGpu(context.gpu, store, spec.checkpoint, {
    tokenizer,
    contextLength,
    batchSize,
    weights,
  });
  try {
    const subject = subjectOf(spec, lineage);
    let rows = await finishedRows(spec, context);
    for (const [index, { shift, format }] of testSets(spec).entries()) {
      if (rows.some((row) => isOf(row, { shift, format }))) continue;
      activity(`${task.title}: ${task.shifts[shift]}, ${format} format`);
      const options = { ...spec, subject, shift, format, signal };
      const evaluation = evaluateTask(loaded.model, task, documents, options);
      const found = await followEvaluation(evaluation, index * spec.items, spec, context);
      if (!found) return 'stopped';
      rows = [...rows, ...found];
      await context.rows(rows);
    }
    const total = testSets(spec).length * spec.items;
    await context.progress(total, total, 0);
    return 'finished';
  } finally {
    await loaded.dispose();
  }
}

interface TestSet {
  readonly shift: Shift;
  readonly format: string;
}

function testSets({ shifts, formats }: EvaluateSpec): TestSet[] {
  return shifts.flatMap((shift) => formats.map((format) => ({ shift, format })));
}

/** By split: the `shift` of a row says `cross` where the weights were tuned on another task. */
function isOf(row: EvaluationRow, { shift, format }: TestSet): boolean {
  return row.split === `test ${shift}` && row.format === format;
}

/** Rows of test sets that an earlier life of this run has finished, in the order of the spec. */
async function finishedRows(spec: EvaluateSpec, { store, id }: RunContext): Promise<EvaluationRow[]> {
  const kept = await store.readRows([id]);
  return testSets(spec).flatMap((set) => kept.filter((row) => isOf(row, set)));
}

/** The rows of one test set, or null when the run was stopped before it was done. */
async function followEvaluation(
  evaluation: ReturnType<typeof evaluateTask>,
  before: number,
  spec: EvaluateSpec,
  { control, progress }: RunContext,
): Promise<readonly EvaluationRow[] | null> {
  const total = testSets(spec).length * spec.items;
  for (;;) {
    if ((await control.boundary(() => Promise.resolve())) === 0) return null;
    const next = await evaluation.next();
    if (next.done) return next.value.rows;
    await progress(before + next.value.done, total, 0);
  }
}

/** Which weights the rows are about: their own run, and the pre-training checkpoint they descend from. */
function subjectOf({ checkpoint }: EvaluateSpec, lineage: Lineage): EvaluationSubject {
  const last = lineage.tunes.at(-1);
  const { step } = lineage.root.checkpoint;
  return {
    run: checkpoint.run,
    checkpoint: `${checkpoint.run}@${checkpoint.step}`,
    step,
    tokens: rootTokens(lineage),
    phase: last ? 'tuned' : 'base',
    method: last ? last.spec.method : 'none',
    trainTask: last?.spec.task ?? null,
  };
}
