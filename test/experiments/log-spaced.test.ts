/** Picking a few of many revisions. */
import { expect, it } from 'vitest';
import { logSpaced, oneRun } from '../../src/experiments/log-spaced.ts';

it('picks the ends and spreads the rest over the orders of magnitude', () => {
  const steps = [
    0,
    1,
    2,
    4,
    8,
    16,
    32,
    64,
    128,
    256,
    512,
    ...Array.from({ length: 143 }, (_, index) => 1000 * (index + 1)),
  ];
  const picked = logSpaced(steps, 12, (step) => step);
  expect([picked[0], picked.at(-1), picked.length]).toEqual([0, 143_000, 12]);
  expect(picked.filter((step) => step < 1000).length).toBeGreaterThan(5);
  expect(logSpaced([3, 1], 12, (step) => step)).toEqual([1, 3]);
  expect(logSpaced([], 3, (step: number) => step)).toEqual([]);
});

it('gives as many as were asked for, also where two of them are nearest to one', () => {
  const picked = logSpaced([0, 1, 16, 128, 1000, 4000, 9000], 6, (step) => step);
  expect(picked).toHaveLength(6);
  expect([picked[0], picked.at(-1)]).toEqual([0, 9000]);
});

it('takes one run where a repository holds several: the longest, the first of two as long', () => {
  const run = (seed: string | null, ...steps: number[]) => steps.map((step) => ({ seed, step }));
  const [short, first, second] = [run('a', 0, 9), run('default', 0, 1, 9), run('b', 0, 1, 9)];
  expect(oneRun([...short, ...first, ...second])).toEqual(first);
  expect(oneRun(run(null, 0, 1))).toEqual(run(null, 0, 1));
  const unnamed: { step: number; seed?: string }[] = [{ step: 3 }];
  expect(oneRun(unnamed)).toEqual(unnamed);
  expect(oneRun([])).toEqual([]);
});
