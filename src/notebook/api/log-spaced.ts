/** `logSpaced`: steps that double, for checkpoints: most of what a model learns, it learns early. */
import { logSpaced as pick } from '../../checkpoints/revisions.ts';
import type { Builtin } from '../builtins.ts';
import { listArgument } from './list-argument.ts';

interface LogSpaced {
  (steps: number): number[];
  /** Of things with a `step`, as `revisions` lists them: `count`, first and last included. */
  <T extends { readonly step: number }>(items: readonly T[], count: number): T[];
}

export const logSpaced: Builtin<LogSpaced> = {
  signature: 'logSpaced(steps) or logSpaced(revisions, count)',
  doc: 'Steps 0, 1, 2, 4, 8, … and the last: logSpaced(100) ends with 32, 64, 100. Of a list of revisions: count of them, spread evenly over the orders of magnitude.',
  bind:
    () =>
    <T extends { readonly step: number }>(of: number | readonly T[], count = 12) =>
      typeof of === 'number' ? doubling(of) : picked(of, count),
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

function picked<T extends { readonly step: number }>(items: readonly T[], count: number): T[] {
  const list = listArgument('logSpaced', items);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new RangeError(`logSpaced: count is wrong, got ${count}, expected a whole number of at least 1`);
  return pick(list, count, ({ step }) => step);
}
