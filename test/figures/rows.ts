/** Rows like those of a small study: two tasks, six checkpoints, base and tuned, two test sets, three formats. */
import type { EvaluationRow } from '../../src/evaluation/row.ts';

export const STEPS = [0, 8, 32, 128, 512, 2048];

export function studyRows(seeds: readonly number[] = [0]): EvaluationRow[] {
  return seeds.flatMap((seed) =>
    STEPS.flatMap((step) =>
      (['spam', 'factbook'] as const).flatMap((task) =>
        (['base', 'tuned'] as const).flatMap((phase) =>
          (['id', 'ood'] as const).flatMap((shift) =>
            ['default', 'instruct', 'io'].flatMap((format) => {
              const main = row({ step, task, phase, shift, format, seed });
              const second = {
                ...main,
                metric: task === 'spam' ? 'acc_norm' : 'exact_match',
                value: main.value / 2,
              };
              return [second, main];
            }),
          ),
        ),
      ),
    ),
  );
}

type Condition = Pick<EvaluationRow, 'step' | 'task' | 'phase' | 'shift' | 'format' | 'seed'>;

export function row(condition: Condition): EvaluationRow {
  const { step, task, phase, shift, format, seed } = condition;
  const learned = Math.log1p(step) / Math.log1p(2048);
  const start = task === 'spam' ? 0.5 : 0.03;
  const gained = phase === 'tuned' ? 0.15 + 0.3 * learned : 0.05 * learned;
  const lost = (shift === 'ood' ? 0.5 : 1) * (format === 'io' ? 0.4 : format === 'instruct' ? 0.8 : 1);
  const value = start + gained * lost + 0.012 * Math.sin(7 * step + 3 * seed + task.length);
  const n = task === 'spam' ? 200 : 120;
  const stderr = task === 'spam' ? Math.sqrt((value * (1 - value)) / n) : 0.02;
  return {
    ...condition,
    run: `${phase}-${task}-${seed}`,
    checkpoint: `${phase}-${task}-${seed}@${step}`,
    tokens: step * 2048,
    method: phase === 'tuned' ? 'full' : 'none',
    trainTask: phase === 'tuned' ? task : null,
    split: `test ${shift}`,
    shots: 0,
    metric: task === 'spam' ? 'acc' : 'rouge_l',
    value,
    stderr,
    ciLow: value - 1.96 * stderr,
    ciHigh: value + 1.96 * stderr,
    n,
    chance: task === 'spam' ? 0.5 : 0,
  };
}

export const lossSteps = Array.from({ length: 2048 }, (_, index) => {
  const step = index + 1;
  const loss =
    3.9 +
    3 * Math.exp(-step / 120) +
    0.9 * Math.exp(-step / 900) +
    0.12 * Math.sin(step * 12.9898) * Math.cos(step * 78.233);
  return {
    step,
    loss: step === 700 ? 6.1 : loss,
    tokens: step * 2048,
    ...(step % 128 === 0 && { validationLoss: loss + 0.05 }),
  };
});
export const lossReferences = [
  { label: 'ln(vocabulary)', value: Math.log(2048) },
  { label: 'unigram entropy', value: 5.93 },
];
