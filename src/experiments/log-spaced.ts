/** Picking from a trajectory: most of what a model learns, it learns early. */

/**
 * `count` of the items whose positions are spread evenly on a logarithmic scale, first and last included; fewer where
 * the trajectory is too coarse.
 * @param position grows along `items`; 0 stands at the very left
 */
export function logSpaced<T>(items: readonly T[], count: number, position: (item: T) => number): T[] {
  const sorted = items.toSorted((a, b) => position(a) - position(b));
  if (sorted.length <= count) return sorted;
  const scale = (item: T): number => Math.log1p(position(item));
  const [low, high] = [scale(sorted[0]!), scale(sorted.at(-1)!)];
  const chosen = new Set<T>();
  for (let index = 0; index < count; index++) {
    const target = low + ((high - low) * index) / Math.max(1, count - 1);
    const distance = (item: T): number => Math.abs(scale(item) - target);
    chosen.add(sorted.reduce((best, item) => (distance(item) < distance(best) ? item : best)));
  }
  return sorted.filter((item) => chosen.has(item));
}
