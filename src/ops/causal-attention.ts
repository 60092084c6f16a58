/**
 * Causal attention with grouped key heads: y[i] = Σ_{j ≤ i} softmax_j(scale · q[i]·k[j]) v[j]. Nothing of size T² is
 * kept: the forward pass saves each row's logsumexp, from which the backward pass recomputes the probabilities
 * (Dao et al. 2022). The backward pass computes dq by query and dk, dv by key, so that no sum needs atomics.
 */
import type { Operation } from '../graph/operation.ts';
import type { Graph } from '../graph/graph.ts';
import { checkShape, type Shape, type Tensor } from '../graph/tensor.ts';
import {
  attentionBackwardDispatches,
  attentionForwardDispatches,
  type AttentionSizes,
} from './causal-attention-kernels.ts';
import { attentionBackwardReference, attentionForwardReference } from './causal-attention-reference.ts';

export interface AttentionAttributes {
  /** Multiplies the scores before the softmax; usually 1/√D. */
  readonly scale: number;
}

const backward: Operation<AttentionAttributes> = {
  name: 'causalAttentionBackward',
  infer([q, k, v]) {
    return [q!, k!, v!].map(({ shape }) => ({ shape, dtype: 'f32' as const }));
  },
  reference(values, { inputs, attributes }) {
    return attentionBackwardReference(values, attentionSizes(inputs), attributes.scale);
  },
  lower({ inputs, outputs, attributes }, context) {
    const [q, k, v, y, logsumexp, dy] = inputs as readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const [dq, dk, dv] = outputs as readonly [Tensor, Tensor, Tensor];
    const tensors = { q, k, v, y, logsumexp, dy, dq, dk, dv };
    return attentionBackwardDispatches(tensors, attentionSizes(inputs), attributes.scale, context);
  },
};

const forward: Operation<AttentionAttributes> = {
  name: 'causalAttention',
  exactOutputs: [1],
  infer([q, k, v]) {
    checkShape('causalAttention', 'q', q!.shape, [null, null, null, null]);
    const [batch, time, heads, headSize] = q!.shape as [number, number, number, number];
    checkShape('causalAttention', 'k', k!.shape, [batch, time, null, headSize]);
    checkShape('causalAttention', 'v', v!.shape, k!.shape);
    const keyHeads = k!.shape[2]!;
    if (heads % keyHeads !== 0) {
      throw new RangeError(
        `causalAttention: ${heads} heads do not share ${keyHeads} key heads evenly, expected a multiple`,
      );
    }
    return [
      { shape: q!.shape, dtype: 'f32' },
      { shape: [batch, heads, time], dtype: 'f32' },
    ];
  },
  reference(values, { inputs, attributes }) {
    return attentionForwardReference(values, attentionSizes(inputs), attributes.scale);
  },
  lower({ inputs, outputs, attributes }, context) {
    const [q, k, v] = inputs as readonly [Tensor, Tensor, Tensor];
    const [y, logsumexp] = outputs as readonly [Tensor, Tensor];
    return attentionForwardDispatches(
      { q, k, v, y, logsumexp },
      attentionSizes(inputs),
      attributes.scale,
      context,
    );
  },
  backward({ graph, node: { inputs, outputs, attributes }, outputGradients: [dy] }) {
    return graph.apply(backward, [...inputs, ...outputs, dy!], attributes);
  },
};

function attentionSizes([q, k]: readonly { shape: Shape }[]): AttentionSizes {
  const [batch, time, heads, headSize] = q!.shape as [number, number, number, number];
  return { batch, time, heads, headSize, keyHeads: k!.shape[2]! };
}

/** q (B, T, H, D), k and v (B, T, K, D) with H a multiple of K: (B, T, H, D). Query head h reads key head ⌊h·K/H⌋. */
export function causalAttention(
  graph: Graph,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  attributes: AttentionAttributes,
): Tensor {
  return graph.apply(forward, [q, k, v], attributes)[0]!;
}
