/** Causal attention in float64, forward and backward, written as the formulas are. */
import type { ReferenceValue } from '../graph/operation.ts';
import type { AttentionSizes } from './causal-attention-kernels.ts';

/** [q, k, v] → [y (B, T, H, D), logsumexp (B, H, T)]. */
export function attentionForwardReference(
  values: readonly ReferenceValue[],
  sizes: AttentionSizes,
  scale: number,
): ReferenceValue[] {
  const [q, k, v] = values as readonly [ReferenceValue, ReferenceValue, ReferenceValue];
  const y = new Float64Array(q.length);
  const logsumexp = new Float64Array(sizes.batch * sizes.heads * sizes.time);
  forEachQuery(sizes, (row, query, keys) => {
    const scores = keys.map((key) => scale * dot(q, query, k, key, sizes.headSize));
    const highest = Math.max(...scores);
    logsumexp[row] = highest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0));
    keys.forEach((key, j) =>
      addScaled(y, query, Math.exp(scores[j]! - logsumexp[row]!), v, key, sizes.headSize),
    );
  });
  return [y, logsumexp];
}

/** [q, k, v, y, logsumexp, dy] → [dq, dk, dv]. */
export function attentionBackwardReference(
  values: readonly ReferenceValue[],
  sizes: AttentionSizes,
  scale: number,
): ReferenceValue[] {
  const [q, k, v, y, logsumexp, dy] = values as readonly [
    ReferenceValue,
    ReferenceValue,
    ReferenceValue,
    ReferenceValue,
    ReferenceValue,
    ReferenceValue,
  ];
  const { headSize } = sizes;
  const dq = new Float64Array(q.length);
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  forEachQuery(sizes, (row, query, keys) => {
    const delta = dot(y, query, dy, query, headSize);
    for (const key of keys) {
      const p = Math.exp(scale * dot(q, query, k, key, headSize) - logsumexp[row]!);
      const dscore = scale * p * (dot(dy, query, v, key, headSize) - delta);
      addScaled(dq, query, dscore, k, key, headSize);
      addScaled(dk, key, dscore, q, query, headSize);
      addScaled(dv, key, p, dy, query, headSize);
    }
  });
  return [dq, dk, dv];
}

/** Visits every (b, h, i): its row in (B, H, T), the offset of its query, and the offsets of the keys it sees. */
function forEachQuery(
  sizes: AttentionSizes,
  visit: (row: number, query: number, keys: number[]) => void,
): void {
  const { batch, time, heads, keyHeads, headSize } = sizes;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const keyHead = Math.floor(h / (heads / keyHeads));
      for (let i = 0; i < time; i++) {
        const keys = Array.from(
          { length: i + 1 },
          (_, j) => ((b * time + j) * keyHeads + keyHead) * headSize,
        );
        visit((b * heads + h) * time + i, ((b * time + i) * heads + h) * headSize, keys);
      }
    }
  }
}

function dot(a: Float64Array, at: number, b: Float64Array, bt: number, length: number): number {
  let sum = 0;
  for (let d = 0; d < length; d++) sum += a[at + d]! * b[bt + d]!;
  return sum;
}

function addScaled(
  to: Float64Array,
  at: number,
  factor: number,
  from: Float64Array,
  start: number,
  length: number,
): void {
  for (let d = 0; d < length; d++) to[at + d]! += factor * from[start + d]!;
}
