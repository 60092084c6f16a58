/** What a study found, in a few lines: losses against their yardsticks, and scores before and after fine-tuning. */
import type { EvaluationRow } from '../../src/evaluation/row.ts';
import type { RunRecord, StepRecord } from '../../src/experiments/run.ts';

export function summarise(
  runs: readonly RunRecord[],
  steps: readonly StepRecord[],
  rows: readonly EvaluationRow[],
): string[] {
  const losses = runs
    .filter(({ spec }) => spec.kind === 'pretrain')
    .map((run) =>
      lossLine(
        run,
        steps.filter((step) => step.run === run.id),
      ),
    );
  const lastStep = Math.max(...rows.map(({ step }) => step));
  const scores = rows
    .filter(
      ({ step, phase, shift, format }) =>
        step === lastStep && phase === 'tuned' && shift === 'id' && format === 'default',
    )
    .flatMap((tuned) => {
      const base = rows.find((row) => row.phase === 'base' && sameTest(row, tuned));
      return base
        ? [
            `${tuned.task} (${tuned.metric}) at step ${tuned.step}: ${score(base)} before, ${score(tuned)} after fine-tuning`,
          ]
        : [];
    });
  return [...losses, ...scores];
}

function lossLine({ id, facts }: RunRecord, steps: readonly StepRecord[]): string {
  const digits = (value: number | string | undefined) =>
    typeof value === 'number' ? value.toFixed(3) : 'unknown';
  return (
    `pre-training ${id}: loss ${digits(steps[0]?.loss)} (ln of the vocabulary ${digits(facts['ln(vocabulary)'])}) ` +
    `to ${digits(steps.at(-1)?.loss)} (unigram entropy ${digits(facts['unigram entropy'])}) nats per token, ` +
    `${facts.parameters ?? 'unknown'} parameters`
  );
}

function sameTest(a: EvaluationRow, b: EvaluationRow): boolean {
  const test = ({ task, metric, step, shift, format, shots, seed }: EvaluationRow) =>
    [task, metric, step, shift, format, shots, seed].join();
  return test(a) === test(b);
}

function score({ value, ciLow, ciHigh }: EvaluationRow): string {
  return `${value.toFixed(3)} [${ciLow.toFixed(3)}, ${ciHigh.toFixed(3)}]`;
}
