/**
 * Thin a curve for drawing without losing its spikes: each bucket of points keeps its lowest and its highest, in the
 * order they came. A loss that exploded for one step stays visible at any zoom.
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * At most `2 · buckets` points (first and last always kept) of a series ordered by x.
 * Points whose y is not finite are kept as they are bucket by bucket: a NaN is news, and drawn as a gap.
 */
export function thin(points: readonly Point[], buckets: number): readonly Point[] {
  if (buckets < 1) throw new RangeError(`thin: too few buckets, got ${buckets}, expected at least 1`);
  if (points.length <= 2 * buckets) return points;
  const kept: Point[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * points.length) / buckets);
    const to = Math.floor(((bucket + 1) * points.length) / buckets);
    kept.push(...extremes(points, from, to));
  }
  kept[0] = points[0]!;
  kept[kept.length - 1] = points.at(-1)!;
  return kept;
}

function extremes(points: readonly Point[], from: number, to: number): readonly Point[] {
  let low = from;
  let high = from;
  for (let index = from; index < to; index++) {
    const { y } = points[index]!;
    if (!Number.isFinite(y)) return [points[index]!];
    if (y < points[low]!.y) low = index;
    if (y >= points[high]!.y) high = index;
  }
  if (low === high) return [points[low]!];
  return low < high ? [points[low]!, points[high]!] : [points[high]!, points[low]!];
}
