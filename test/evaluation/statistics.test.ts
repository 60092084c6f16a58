/** Bootstrap and permutation test against scipy. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { estimateMean, quantile } from '../../src/evaluation/bootstrap.ts';
import { pairedPermutationTest } from '../../src/evaluation/permutation-test.ts';

interface Fixture {
  readonly means: readonly { scores: number[]; mean: number; stderr: number; low: number; high: number }[];
  readonly permutationTests: readonly { a: number[]; b: number[]; difference: number; pValue: number }[];
  readonly quantiles: { samples: number[]; expected: readonly { share: number; value: number }[] };
}
const fixture = JSON.parse(
  readFileSync(new URL('fixtures/statistics.json', import.meta.url), 'utf8'),
) as Fixture;

describe('estimateMean', () => {
  it.each(fixture.means.map((each) => [each.scores.length, each] as const))(
    'agrees with scipy on %i scores',
    (n, { scores, mean, stderr, low, high }) => {
      const estimate = estimateMean(scores, { resamples: 20_000, seed: 1 });
      expect(estimate.value).toBeCloseTo(mean, 12);
      expect(estimate.stderr).toBeCloseTo(stderr, 12);
      expect(estimate.n).toBe(n);
      // Monte-Carlo error of an interval's end: a few percent of the standard error at 20,000 resamples.
      expect(Math.abs(estimate.ciLow - low)).toBeLessThan(0.06 * stderr);
      expect(Math.abs(estimate.ciHigh - high)).toBeLessThan(0.06 * stderr);
    },
  );

  it('gives the same interval for the same seed, and another for another', () => {
    const { scores } = fixture.means[1]!;
    const estimate = (seed: number): unknown => estimateMean(scores, { resamples: 200, seed });
    expect(estimate(4)).toEqual(estimate(4));
    expect(estimate(5)).not.toEqual(estimate(4));
  });

  it('has no width where all scores are equal', () => {
    expect(estimateMean([1, 1, 1], { resamples: 50, seed: 0 })).toEqual({
      value: 1,
      stderr: 0,
      ciLow: 1,
      ciHigh: 1,
      n: 3,
    });
  });

  it('refuses a single score, and no resamples', () => {
    expect(() => estimateMean([1], { resamples: 50, seed: 0 })).toThrow(/got 1, expected at least 2/);
    expect(() => estimateMean([1, 0], { resamples: 0, seed: 0 })).toThrow(RangeError);
  });
});

describe('quantile', () => {
  it('interpolates as NumPy does', () => {
    const { samples, expected } = fixture.quantiles;
    for (const { share, value } of expected) expect(quantile(samples, share)).toBeCloseTo(value, 12);
    expect(quantile([3], 0.7)).toBe(3);
  });
});

describe('pairedPermutationTest', () => {
  it.each(fixture.permutationTests.map((each) => [each.a.length, each] as const))(
    'agrees with scipy on %i pairs',
    (n, { a, b, difference, pValue }) => {
      const result = pairedPermutationTest(a, b, { resamples: 20_000, seed: 2 });
      expect(result.difference).toBeCloseTo(difference, 12);
      expect(result.exact).toBe(n <= 14);
      // Exact tests agree to rounding; sampled ones within four standard errors of 20,000 draws.
      expect(Math.abs(result.pValue - pValue)).toBeLessThan(result.exact ? 1e-12 : 0.015);
    },
  );

  it('finds no difference between equal scores', () => {
    expect(pairedPermutationTest([1, 0, 1], [1, 0, 1], { resamples: 100, seed: 0 }).pValue).toBe(1);
  });

  it('refuses scores that are not pairs', () => {
    expect(() => pairedPermutationTest([1], [1, 2], { resamples: 10, seed: 0 })).toThrow(/got 1 and 2/);
  });
});
