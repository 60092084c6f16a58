/** Attention of one new query per sequence over its cached keys and values: a decoding step. Not differentiable. */
import source from '../../shaders/cached-attention-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';

const shader = defineShader('cached-attention-forward', source);
/** Keys per chunk, and threads per workgroup: the kernel's CHUNK. */
const chunk = 64;

interface Attributes {
  readonly scale: number;
}

const operation: Operation<Attributes> = {
  name: 'cachedAttention',
  infer([q, keys, values, lengths]) {
    const [batch, , heads, size] = q!.shape;
    checkShape('cachedAttention', 'q', q!.shape, [null, 1, null, null]);
    checkShape('cachedAttention', 'keys', keys!.shape, [batch!, null, null, size!]);
    checkShape('cachedAttention', 'values', values!.shape, keys!.shape);
    checkShape('cachedAttention', 'lengths', lengths!.shape, [batch!]);
    if (heads! % keys!.shape[2]! !== 0) {
      throw new RangeError(
        `cachedAttention: ${heads} heads do not share ${keys!.shape[2]} key/value heads evenly`,
      );
    }
    return [{ shape: q!.shape, dtype: 'f32' }];
  },
  reference([q, keys, values, lengths], { inputs, attributes: { scale } }) {
    const [batch, , heads, size] = inputs[0]!.shape as [number, number, number, number];
    const [, capacity, kvHeads] = inputs[1]!.shape as [number, number, number, number];
    const o = new Float64Array(q!.length);
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        const at = (b * heads + h) * size;
        const row = (j: number) => ((b * capacity + j) * kvHeads + Math.floor((h * kvHeads) / heads)) * size;
        const scores = Array.from({ length: lengths![b]! }, (_, j) => {
          let dot = 0;
          for (let d = 0; d < size; d++) dot += q![at + d]! * keys![row(j) + d]!;
          return dot * scale;
        });
        const largest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - largest));
        const total = weights.reduce((a, c) => a + c, 0);
        weights.forEach((weight, j) => {
          for (let d = 0; d < size; d++) o[at + d]! += (weight / total) * values![row(j) + d]!;
        });
      }
    }
    return [o];
  },
  lower({ inputs: [q, keys, values, lengths], outputs: [o], attributes: { scale } }) {
    const [batch, , heads, size] = q!.shape as [number, number, number, number];
    const [, capacity, kvHeads] = keys!.shape as [number, number, number, number];
    return [
      {
        shader,
        variant: { constants: { DIMENSIONS: Math.ceil(size / chunk) } },
        bindings: { q: q!, keys: keys!, values: values!, lengths: lengths!, o: o! },
        params: { heads, key_value_heads: kvHeads, head_size: size, capacity, scale },
        workgroups: [heads, batch, 1],
      },
    ];
  },
};

/** q (B, 1, H, D) over keys, values (B, S, K, D), of which the first `lengths[b]` (i32 (B)) rows count → (B, 1, H, D). */
export function cachedAttention(
  graph: Graph,
  q: Tensor,
  keys: Tensor,
  values: Tensor,
  lengths: Tensor,
  attributes: Attributes,
): Tensor {
  return graph.apply(operation, [q, keys, values, lengths], attributes)[0]!;
}
