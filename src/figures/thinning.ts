/** Fewer points for a long curve, without losing its spikes: each bucket keeps its lowest and its highest. */

/**
 * At most `2 · buckets` of the values, in their order; the first and the last stay. A bucket that holds a value that is
 * not finite keeps that one: a NaN is news, and drawn as a gap.
 */
export function thinned<T>(
  values: readonly T[],
  heightOf: (value: T) => number,
  buckets: number,
): readonly T[] {
  if (buckets < 1) throw new RangeError(`thinned: too few buckets, got ${buckets}, expected at least 1`);
  if (values.length <= 2 * buckets) return values;
  const kept = new Set([0, values.length - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * values.length) / buckets);
    const to = Math.floor(((bucket + 1) * values.length) / buckets);
    for (const index of extremes(values, heightOf, from, to)) kept.add(index);
  }
  return [...kept].sort((a, b) => a - b).map((index) => values[index]!);
}

function extremes<T>(
  values: readonly T[],
  heightOf: (value: T) => number,
  from: number,
  to: number,
): readonly number[] {
  let low = from;
  let high = from;
  for (let index = from; index < to; index++) {
    const height = heightOf(values[index]!);
    if (!Number.isFinite(height)) return [index];
    if (height < heightOf(values[low]!)) low = index;
    if (height > heightOf(values[high]!)) high = index;
  }
  return [low, high];
}
