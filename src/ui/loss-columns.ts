/** Step records as the aligned columns a chart draws: x, training loss, validation loss, one column per reference. */
import type { RunRecord, StepRecord } from '../experiments/run.ts';
import type { RunSpec } from '../experiments/spec.ts';
import { thinned } from '../figures/thinning.ts';

/** A level worth comparing the loss with, e.g. that of guessing every token equally. */
export interface ReferenceLine {
  readonly label: string;
  readonly value: number;
}

type Column = (number | null)[];

/**
 * Columns of equal length, ordered by step. The training loss is thinned to about `2 · buckets` points by min/max;
 * every validation point stays. Values that are not finite become gaps.
 */
export function lossColumns(
  steps: readonly StepRecord[],
  references: readonly ReferenceLine[],
  buckets: number,
): readonly Column[] {
  const loss = new Map(thinned(steps, (each) => each.loss, buckets).map((each) => [each.step, each.loss]));
  const validation = new Map(
    steps
      .filter((each) => each.validationLoss !== undefined)
      .map((each) => [each.step, each.validationLoss!]),
  );
  const xs = [...new Set([...loss.keys(), ...validation.keys()])].sort((a, b) => a - b);
  const column = (values: ReadonlyMap<number, number>): Column => xs.map((x) => finite(values.get(x)));
  return [xs, column(loss), column(validation), ...references.map(({ value }) => xs.map(() => value))];
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** Steps of two reports of the same run, in order; a step measured again (after a resume) takes its newer value. */
export function mergeSteps(
  before: readonly StepRecord[],
  after: readonly StepRecord[],
): readonly StepRecord[] {
  if (after.length === 0) return before;
  const last = before.at(-1);
  if (!last || last.step < after[0]!.step) return [...before, ...after];
  const merged = new Map([...before, ...after].map((step) => [step.step, step]));
  return [...merged.values()].sort((a, b) => a.step - b.step);
}

/** Levels known for a run: guessing every token equally, and guessing by frequency alone. */
export function referencesOf(spec: RunSpec, facts: RunRecord['facts']): readonly ReferenceLine[] {
  if (spec.kind !== 'pretrain') return [];
  const lines = [{ label: 'ln(vocabulary)', value: Math.log(spec.data.tokenizer.vocabularySize) }];
  const unigram = facts['unigram entropy'];
  if (typeof unigram === 'number') lines.push({ label: 'unigram entropy', value: unigram });
  return lines;
}
