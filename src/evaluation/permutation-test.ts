/**
 * Paired permutation test: are two models' scores on the same items exchangeable? Swapping the two scores of an item
 * flips the sign of their difference (`scipy.stats.permutation_test`, `permutation_type='samples'`, two-sided).
 */
import { mean } from './bootstrap.ts';
import { RandomStream } from '../random/random-stream.ts';

export interface PermutationResult {
  /** mean(a) − mean(b). */
  readonly difference: number;
  readonly pValue: number;
  /** Whether every one of the 2ⁿ sign patterns was tried rather than a seeded sample of them. */
  readonly exact: boolean;
}

/** Differences that are equal but for rounding count as equal. */
const RELATIVE_TOLERANCE = 1e-14;

/**
 * Two-sided p-value: twice the smaller tail, at most 1. All 2ⁿ patterns are tried when they are no more than
 * `resamples`; otherwise `resamples` random ones, and the observed pattern counts as one more.
 * @throws RangeError when the scores are not pairs.
 */
export function pairedPermutationTest(
  a: readonly number[],
  b: readonly number[],
  { resamples, seed }: { readonly resamples: number; readonly seed: number },
): PermutationResult {
  if (a.length !== b.length || a.length === 0) {
    throw new RangeError(
      `pairedPermutationTest: scores are not pairs, got ${a.length} and ${b.length}, expected two equal counts above 0`,
    );
  }
  const differences = a.map((score, index) => score - b[index]!);
  const difference = mean(differences);
  const n = differences.length;
  const exact = n <= 30 && 2 ** n <= resamples;
  const patterns = exact ? 2 ** n : resamples;
  const stream = new RandomStream(seed, 'permutation test');
  const flipped = (pattern: number, item: number): boolean =>
    exact ? ((pattern >>> item) & 1) === 1 : stream.integerBelow(2, pattern * n + item) === 1;

  const tolerance = Math.abs(difference) * RELATIVE_TOLERANCE;
  let smaller = 0;
  let larger = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let total = 0;
    for (let item = 0; item < n; item++)
      total += flipped(pattern, item) ? -differences[item]! : differences[item]!;
    if (total / n <= difference + tolerance) smaller++;
    if (total / n >= difference - tolerance) larger++;
  }
  const observed = exact ? 0 : 1;
  const tail = (Math.min(smaller, larger) + observed) / (patterns + observed);
  return { difference, pValue: Math.min(1, 2 * tail), exact };
}
