/**
 * How sure a mean is: closed-form standard error, and the seeded percentile bootstrap (Efron & Tibshirani 1993,
 * chapter 13; `scipy.stats.bootstrap` with `method='percentile'`). The reported value is the mean itself, not the
 * middle of the interval.
 */
import { RandomStream } from '../random/random-stream.ts';

export interface IntervalOptions {
  readonly resamples: number;
  readonly seed: number;
  /** Share of resampled means inside the interval. */
  readonly confidence?: number;
}

export interface Estimate {
  readonly value: number;
  /** s / √n with the sample standard deviation s (n − 1). */
  readonly stderr: number;
  readonly ciLow: number;
  readonly ciHigh: number;
  readonly n: number;
}

/**
 * The mean of per-item scores with its interval. Equal scores give an interval of no width: the bootstrap cannot see
 * what did not happen.
 * @throws RangeError on fewer than 2 scores: one score says nothing of its spread.
 */
export function estimateMean(scores: readonly number[], options: IntervalOptions): Estimate {
  const { resamples, seed, confidence = 0.95 } = options;
  const n = scores.length;
  if (n < 2)
    throw new RangeError(`estimateMean: too few scores for an interval, got ${n}, expected at least 2`);
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(
      `estimateMean: resamples is not a positive integer, got ${resamples}, expected at least 1`,
    );
  }
  const value = mean(scores);
  const variance = scores.reduce((total, score) => total + (score - value) ** 2, 0) / (n - 1);
  const means = resampledMeans(scores, resamples, seed);
  const tail = (1 - confidence) / 2;
  return {
    value,
    stderr: Math.sqrt(variance / n),
    ciLow: quantile(means, tail),
    ciHigh: quantile(means, 1 - tail),
    n,
  };
}

/** Sorted means of `resamples` draws with replacement. */
function resampledMeans(scores: readonly number[], resamples: number, seed: number): Float64Array {
  const n = scores.length;
  const stream = new RandomStream(seed, 'bootstrap');
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let total = 0;
    for (let i = 0; i < n; i++) total += scores[stream.integerBelow(n, resample * n + i)]!;
    means[resample] = total / n;
  }
  return means.sort();
}

/**
 * The quantile of sorted values by linear interpolation between neighbours, as NumPy's default.
 * @param share in [0, 1].
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
