/** The kernels of causal attention: which path runs for a shape, and its dispatches. */
import deltaSource from '../../shaders/causal-attention-backward-delta.wgsl?raw';
import keySource from '../../shaders/causal-attention-backward-key.wgsl?raw';
import querySource from '../../shaders/causal-attention-backward-query.wgsl?raw';
import forwardSource from '../../shaders/causal-attention-forward.wgsl?raw';
import { defineShader, type Variant } from '../gpu/shader.ts';
import { flatGrid, type Dispatch, type LoweringContext } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';

const forward = defineShader('causal-attention-forward', forwardSource);
const backwardDelta = defineShader('causal-attention-backward-delta', deltaSource);
const backwardQuery = defineShader('causal-attention-backward-query', querySource);
const backwardKey = defineShader('causal-attention-backward-key', keySource);

export interface AttentionSizes {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
}

export interface ForwardTensors {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly y: Tensor;
  readonly logsumexp: Tensor;
}

export interface BackwardTensors extends ForwardTensors {
  readonly dy: Tensor;
  readonly dq: Tensor;
  readonly dk: Tensor;
  readonly dv: Tensor;
}

/** One dispatch that writes y and logsumexp. */
export function attentionForwardDispatches(
  { q, k, v, y, logsumexp }: ForwardTensors,
  sizes: AttentionSizes,
  scale: number,
  { limits }: LoweringContext,
): Dispatch[] {
  const { batch, time, heads, keyHeads, headSize } = sizes;
  return [
    {
      shader: forward,
      variant: headVariant(headSize),
      bindings: { q, k, v, y, logsumexp },
      params: { batch, time, heads, key_heads: keyHeads, scale },
      workgroups: flatGrid(batch * heads * time, 64, limits),
    },
  ];
}

/** Three dispatches: delta = rowsum(dy · y), then dq by query, then dk and dv by key. */
export function attentionBackwardDispatches(
  { q, k, v, y, logsumexp, dy, dq, dk, dv }: BackwardTensors,
  sizes: AttentionSizes,
  scale: number,
  context: LoweringContext,
): Dispatch[] {
  const { batch, time, heads, keyHeads, headSize } = sizes;
  const { limits } = context;
  const delta = context.scratch('delta', [batch, heads, time]);
  const params = { batch, time, heads, key_heads: keyHeads, scale };
  const variant = headVariant(headSize);
  const rows = batch * heads * time;
  return [
    {
      shader: backwardDelta,
      bindings: { y, dy, delta },
      params: { batch, time, heads, head_size: headSize },
      workgroups: flatGrid(rows, 64, limits),
    },
    {
      shader: backwardQuery,
      variant,
      bindings: { q, k, v, logsumexp, delta, dy, dq },
      params,
      workgroups: flatGrid(rows, 64, limits),
    },
    {
      shader: backwardKey,
      variant,
      bindings: { q, k, v, logsumexp, delta, dy, dk, dv },
      params,
      workgroups: flatGrid(batch * keyHeads * time, 64, limits),
    },
  ];
}

function headVariant(headSize: number): Variant {
  return headSize % 4 === 0
    ? { aliases: { Element: 'vec4<f32>' }, constants: { WIDTH: 4, HEAD_SIZE: headSize } }
    : { aliases: { Element: 'f32' }, constants: { WIDTH: 1, HEAD_SIZE: headSize } };
}
