/**
 * Choosing the next token from logits, as transformers' `generate` does with `do_sample`: temperature, then top-k, then
 * top-p, each over what the one before has left. Source: its TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper.
 */

export interface Sampling {
  /** Divides the logits; 0 always takes the likeliest token, the smallest id among equals. */
  readonly temperature: number;
  /** Keep the k likeliest tokens, and what ties with the last of them; 0 keeps all. */
  readonly topK: number;
  /** Keep the fewest likeliest tokens whose probabilities sum to p or more; 1 keeps all. */
  readonly topP: number;
  /** Top-k and top-p keep at least this many tokens; 1 where left out. */
  readonly minTokensToKeep?: number;
}

/** The distribution that a token is drawn from: candidates by ascending id, with probabilities that sum to 1. */
export interface Distribution {
  readonly ids: Uint32Array;
  readonly probabilities: Float64Array;
}

/** What is left of softmax(logits / temperature) after top-k and top-p; one token at temperature 0. logits (V). */
export function sampledDistribution(logits: Float32Array, sampling: Sampling): Distribution {
  const { temperature, topK, topP, minTokensToKeep = 1 } = sampling;
  if (temperature === 0) return { ids: Uint32Array.of(likeliest(logits)), probabilities: Float64Array.of(1) };
  // In f32, as the wrappers compute: what ties there must tie here.
  const scores = temperature === 1 ? logits : logits.map((logit) => logit / temperature);
  let ids = new Uint32Array(scores.length).map((_, id) => id);
  if (topK > 0) ids = keepTopK(scores, ids, Math.max(topK, minTokensToKeep));
  if (topP < 1) ids = keepTopP(scores, ids, topP, minTokensToKeep);
  return { ids, probabilities: softmax(scoresOf(ids, scores)) };
}

/** The candidate at which the cumulative probability passes `uniform`, a number in [0, 1). */
export function drawFrom({ ids, probabilities }: Distribution, uniform: number): number {
  let left = uniform;
  for (let i = 0; i < ids.length; i++) {
    left -= probabilities[i]!;
    if (left < 0) return ids[i]!;
  }
  return ids.at(-1)!; // rounding: the probabilities may sum to a little less than 1
}

/** The id of the largest value, the first of equals. */
export function likeliest(values: Float32Array): number {
  let best = 0;
  for (let id = 1; id < values.length; id++) if (values[id]! > values[best]!) best = id;
  return best;
}

function keepTopK(scores: Float32Array, ids: Uint32Array<ArrayBuffer>, k: number): Uint32Array<ArrayBuffer> {
  if (k >= ids.length) return ids;
  const smallest = scores.slice().sort()[scores.length - k]!;
  return ids.filter((id) => scores[id]! >= smallest);
}

function keepTopP(
  scores: Float32Array,
  ids: Uint32Array<ArrayBuffer>,
  p: number,
  least: number,
): Uint32Array<ArrayBuffer> {
  const ascending = scoresOf(ids, scores).sort();
  const probabilities = softmax(ascending);
  const limit = Math.fround(1 - p);
  let cumulative = 0;
  let removed = 0;
  for (; removed < ascending.length - least; removed++) {
    cumulative += probabilities[removed]!;
    if (Math.fround(cumulative) > limit) break;
  }
  // Of equal tokens the smaller id goes first, as in torch's sort on the CPU.
  const smallest = ascending[removed]!;
  let ties = removed - ascending.indexOf(smallest);
  return ids.filter((id) => scores[id]! > smallest || (scores[id] === smallest && ties-- <= 0));
}

function softmax(scores: Float32Array): Float64Array {
  let largest = -Infinity;
  for (const score of scores) largest = Math.max(largest, score);
  const weights = new Float64Array(scores.length);
  let total = 0;
  for (let i = 0; i < scores.length; i++) total += weights[i] = Math.exp(scores[i]! - largest);
  for (let i = 0; i < scores.length; i++) weights[i]! /= total;
  return weights;
}

function scoresOf(ids: Uint32Array, scores: Float32Array): Float32Array {
  const own = new Float32Array(ids.length);
  for (let i = 0; i < ids.length; i++) own[i] = scores[ids[i]!]!;
  return own;
}
