/** `logSpaced`: steps that double, for checkpoints: most of what a model learns, it learns early. */
import { logSpaced as pick, oneRun } from '../../experiments/log-spaced.ts';
import type { Builtin } from '../builtins.ts';

interface Stepped {
  readonly step: number;
  readonly seed?: string | null;
}

interface LogSpaced {
  (steps: number): number[];
  /** Of things with a `step`, as `revisions` lists them: `count` of one run, first and last included. */
  <T extends Stepped>(items: readonly T[], count: number): T[];
}

export const logSpaced: Builtin<LogSpaced> = {
  signature: 'logSpaced(steps) or logSpaced(revisions, count)',
  doc: 'Steps 0, 1, 2, 4, 8, … and the last: logSpaced(100) ends with 32, 64, 100. Of a list of revisions: count of them, spread evenly over the orders of magnitude, of one run where the repository holds several.',
  bind: () =>
    ((given: number | readonly Stepped[], count = 12) =>
      typeof given === 'object' ? picked(given, count) : doubling(given)) as LogSpaced,
};

function doubling(steps: number): number[] {
  if (!Number.isSafeInteger(steps) || steps < 0) {
    throw new RangeError(`logSpaced: steps is wrong, got ${steps}, expected a whole number of at least 0`);
  }
  const spaced = [0];
  for (let step = 1; step < steps; step *= 2) spaced.push(step);
  if (steps > 0) spaced.push(steps);
  return spaced;
}

function picked(items: readonly Stepped[], count: number): Stepped[] {
  if (!Number.isSafeInteger(count) || count < 1)
    throw new RangeError(`logSpaced: count is wrong, got ${count}, expected a whole number of at least 1`);
  return pick(oneRun(items), count, ({ step }) => step);
}
