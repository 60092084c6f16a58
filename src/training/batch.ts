/** What a training step eats. */

export interface Batch {
  /** Token ids, (B·T). */
  readonly tokens: Int32Array;
  /** `targets[b·T + t]` is the token that position t must predict; −100 is ignored. (B·T) */
  readonly targets: Int32Array;
}

/** Weights that make the sum of losses their mean over the targets that are not ignored. Throws if there are none. */
export function lossWeights(targets: Int32Array): Float32Array {
  let count = 0;
  for (const target of targets) if (target >= 0) count++;
  if (count === 0)
    throw new RangeError('batch: every target is ignored, expected at least one to learn from');
  return Float32Array.from(targets, (target) => (target >= 0 ? 1 / count : 0));
}
