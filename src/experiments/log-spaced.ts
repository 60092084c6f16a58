/** Picking from a trajectory: most of what a model learns, it learns early. */

/** Of the revisions of several runs in one repository, those of the run that has most; all where there is one run. */
export function oneRun<T extends { readonly seed?: string | null }>(revisions: readonly T[]): T[] {
  const bySeed = new Map<string | null, T[]>();
  for (const revision of revisions) {
    const seed = revision.seed ?? null;
    bySeed.set(seed, [...(bySeed.get(seed) ?? []), revision]);
  }
  return [...bySeed.values()].reduce((most, run) => (run.length > most.length ? run : most), []);
}

/**
 * `count` of the items whose positions are spread as evenly as they lie on a logarithmic scale, first and last included;
 * all of them where there are no more.
 * @param position grows along `items`; 0 stands at the very left
 */
export function logSpaced<T>(items: readonly T[], count: number, position: (item: T) => number): T[] {
  const sorted = items.toSorted((a, b) => position(a) - position(b));
  if (sorted.length <= count) return sorted;
  const scale = (item: T): number => Math.log1p(position(item));
  const [low, high] = [scale(sorted[0]!), scale(sorted.at(-1)!)];
  // The ends before those between, so that nothing takes their place.
  const shares = Array.from({ length: count }, (_, index) => index / Math.max(1, count - 1));
  const chosen = new Set<T>();
  for (const share of [...new Set([0, ...shares.slice(-1), ...shares])]) {
    const target = low + (high - low) * share;
    const distance = (item: T): number => Math.abs(scale(item) - target);
    const left = sorted.filter((item) => !chosen.has(item));
    chosen.add(left.reduce((best, item) => (distance(item) < distance(best) ? item : best)));
  }
  return sorted.filter((item) => chosen.has(item));
}
