/** What a model thought of a token and of the others that it could have written instead. */

export interface Alternative {
  readonly id: number;
  readonly logProbability: number;
}

export interface TokenReport {
  readonly id: number;
  /** ln p under the model's own distribution: softmax of the logits, before temperature, top-k and top-p. */
  readonly logProbability: number;
  /** Entropy of that distribution, in nats. */
  readonly entropy: number;
  /** 1 for the likeliest token; of equals the smaller id comes first. */
  readonly rank: number;
  /** The likeliest tokens, best first. */
  readonly alternatives: readonly Alternative[];
}

/** logits (V), the token that was chosen, and how many of the likeliest are wanted. */
export function reportToken(logits: Float32Array, id: number, alternatives: number): TokenReport {
  const chosen = logits[id]!;
  let largest = -Infinity;
  let rank = 1;
  for (let other = 0; other < logits.length; other++) {
    const value = logits[other]!;
    if (value > largest) largest = value;
    if (value > chosen || (value === chosen && other < id)) rank++;
  }
  let total = 0;
  let weighted = 0; // Σ e^d · d, with d the distance from the largest
  for (const value of logits) {
    const distance = value - largest;
    const weight = Math.exp(distance);
    total += weight;
    if (weight > 0) weighted += weight * distance;
  }
  const logTotal = Math.log(total);
  const logProbability = (value: number): number => value - largest - logTotal;
  return {
    id,
    logProbability: logProbability(chosen),
    entropy: logTotal - weighted / total,
    rank,
    alternatives: largestFew(logits, alternatives).map((other) => ({
      id: other,
      logProbability: logProbability(logits[other]!),
    })),
  };
}

/** Ids of the `count` largest values, largest first, smaller ids first among equals: one pass, few insertions. */
function largestFew(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let id = 0; id < values.length; id++) {
    const value = values[id]!;
    if (best.length === count && !(value > values[best.at(-1)!]!)) continue;
    let at = best.length;
    while (at > 0 && value > values[best[at - 1]!]!) at--;
    best.splice(at, 0, id);
    if (best.length > count) best.pop();
  }
  return best;
}
