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
  const weights = new Float32Array(targets.length);
  for (let i = 0; i < targets.length; i++) if (targets[i]! >= 0) weights[i] = 1 / count;
  return weights;
}

/** A part of a step's batch, with weights that make the parts' losses sum to the mean over the whole batch's targets. */
export interface MicroBatch extends Batch {
  readonly weights: Float32Array;
}

/** The batch in `count` equal parts, in order. */
export function microBatches({ tokens, targets }: Batch, count: number): MicroBatch[] {
  const weights = lossWeights(targets);
  const size = tokens.length / count;
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [index * size, (index + 1) * size];
    return {
      tokens: tokens.subarray(from, to),
      targets: targets.subarray(from, to),
      weights: weights.subarray(from, to),
    };
  });
}
