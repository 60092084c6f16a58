/**
 * Causal attention as products of matrices: S = Q·Kᵀ, its causal softmax P, Y = P·V, and backward the same with
 * gradients. It needs T² numbers for each head, for the time of one pass only, and wins where the matmul kernels are
 * much better than a loop over keys: on software adapters, and for short sequences.
 */
import softmaxBackwardSource from '../../shaders/causal-softmax-backward.wgsl?raw';
import softmaxForwardSource from '../../shaders/causal-softmax-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import { flatGrid, type Dispatch, type LoweringContext } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { AttentionSizes, BackwardTensors, ForwardTensors } from './causal-attention-kernels.ts';
import { matmulDispatch } from './matmul-kernels.ts';
import type { Operand } from './matmul-placement.ts';

const softmaxForward = defineShader('causal-softmax-forward', softmaxForwardSource);
const softmaxBackward = defineShader('causal-softmax-backward', softmaxBackwardSource);

/** Columns of a row for one invocation: the backward kernel's CHUNK. */
const softmaxChunk = 16;

/** Bytes of one set of score matrices (B, H, T, T). */
export function scoreBytes({ batch, heads, time }: AttentionSizes): number {
  return 4 * batch * heads * time * time;
}

/** Three dispatches that write y and logsumexp. */
export function productsForward(
  { q, k, v, y, logsumexp }: ForwardTensors,
  sizes: AttentionSizes,
  scale: number,
  context: LoweringContext,
): Dispatch[] {
  const { batch, time, heads } = sizes;
  const scores = context.scratch('scores', [batch, heads, time, time]);
  return [
    ...scoresOf(q, k, scores, sizes, context),
    {
      shader: softmaxForward,
      bindings: { scores, logsumexp },
      params: { matrices: batch * heads, time, scale },
      workgroups: flatGrid(batch * heads * time, 64, context.limits),
    },
    ...queriesOf(scores, v, y, sizes, context),
  ];
}

/** Dispatches that write dq, dk and dv, given delta = rowsum(dy · y) (B, H, T). */
export function productsBackward(
  { q, k, v, logsumexp, dy, dq, dk, dv, delta }: Omit<BackwardTensors, 'y'> & { readonly delta: Tensor },
  sizes: AttentionSizes,
  scale: number,
  context: LoweringContext,
): Dispatch[] {
  const { batch, time, heads } = sizes;
  const scores = context.scratch('scores', [batch, heads, time, time]);
  const gradient = context.scratch('dscores', [batch, heads, time, time]);
  const rows = batch * heads * time;
  const chunks = Math.ceil(time / softmaxChunk);
  return [
    ...scoresOf(q, k, scores, sizes, context),
    ...scoresOf(dy, v, gradient, sizes, context),
    {
      shader: softmaxBackward,
      bindings: { logsumexp, delta, scores, gradient },
      params: { rows, time, chunks, scale },
      workgroups: flatGrid(rows * chunks, 64, context.limits),
    },
    ...queriesOf(gradient, k, dq, sizes, context),
    ...keysOf(gradient, q, dk, sizes, context),
    ...keysOf(scores, dy, dv, sizes, context),
  ];
}

/** scores[i, j] = x[i]·z[j] at and left of the diagonal; x (B, T, H, D), z (B, T, K, D). */
function scoresOf(
  x: Tensor,
  z: Tensor,
  scores: Tensor,
  sizes: AttentionSizes,
  context: LoweringContext,
): Dispatch[] {
  const { batch, time: m, time: n, heads, keyHeads, headSize: k } = sizes;
  const group = heads / keyHeads;
  const placement = { heads, group, a: inHeads(heads, sizes), b: inHeads(keyHeads, sizes), c: square(sizes) };
  const description = { layout: 'nt', m, n, k, batch: batch * heads, a: x, b: z, c: scores } as const;
  return matmulDispatch({ ...description, placement, causal: 'lower' }, context);
}

/** y[i] = Σ_j weights[i, j] z[j], the weights 0 right of the diagonal; y (B, T, H, D), z (B, T, K, D). */
function queriesOf(
  weights: Tensor,
  z: Tensor,
  y: Tensor,
  sizes: AttentionSizes,
  context: LoweringContext,
): Dispatch[] {
  const { batch, time: m, time: k, heads, keyHeads, headSize: n } = sizes;
  const group = heads / keyHeads;
  const placement = { heads, group, a: square(sizes), b: inHeads(keyHeads, sizes), c: inHeads(heads, sizes) };
  const description = { layout: 'nn', m, n, k, batch: batch * heads, a: weights, b: z, c: y } as const;
  return matmulDispatch({ ...description, placement, causal: 'lower-a' }, context);
}

/** z[j] = Σ_{h, i} weights[h, i, j] x[h, i] over the heads h of a group, one after the other; x (B, T, H, D), z (B, T, K, D). */
function keysOf(
  weights: Tensor,
  x: Tensor,
  z: Tensor,
  sizes: AttentionSizes,
  context: LoweringContext,
): Dispatch[] {
  const { batch, time: m, time: k, heads, keyHeads, headSize: n } = sizes;
  const group = heads / keyHeads;
  const description = { layout: 'tn', m, n, k, batch: batch * keyHeads, a: weights, b: x, c: z } as const;
  return Array.from({ length: group }, (_, member) => {
    const a = everyNth(square(sizes), group, member);
    const b = everyNth(inHeads(heads, sizes), group, member);
    const placement = { heads: keyHeads, group: 1, a, b, c: inHeads(keyHeads, sizes) };
    return matmulDispatch({ ...description, placement, causal: 'upper-a', accumulate: member > 0 }, context);
  }).flat();
}

/** One (T, D) matrix for each head of a (B, T, heads, D) tensor. */
function inHeads(heads: number, { time, headSize }: AttentionSizes): Operand {
  return { first: 0, row: heads * headSize, head: headSize, batch: time * heads * headSize };
}

/** One (T, T) matrix for each head of a (B, H, T, T) tensor. */
function square({ time, heads }: AttentionSizes): Operand {
  return { first: 0, row: time, head: time * time, batch: heads * time * time };
}

/** Of an operand's heads, every n-th from `member` on. */
function everyNth(operand: Operand, n: number, member: number): Operand {
  return { ...operand, first: operand.first + member * operand.head, head: n * operand.head };
}
