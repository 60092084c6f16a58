/**
 * What a training step must hold, worked out from the sizes of model and batch alone: no graph, no planner. Bytes; n is
 * the tokens of a micro-batch, everything f32. For GPT-NeoX with parallel residual.
 *
 * - parameters, gradients, two moments: 16 a parameter
 * - activations that backward reads, per token. Per layer, by recompute policy:
 *     none   x, two norms, q, k, v, the attention's output: 7C; before and after the activation: 2F; logsumexp: H;
 *            mean and rstd of two norms: 4
 *     cheap  the same without what norms and the activation make: 5C + F + H
 *     layer  x: C
 *   and once: the last layer's output (x of a layer that is not there), the final norm's and its statistics: 2C + 2
 * - the largest working set: what is alive besides while one part of the model runs backward
 *     head         logits of a chunk, or of all tokens where they are not cut, and dx: C
 *     attention    dx of the residual stream, dy, dq, dk, dv: 5C; delta: H; score matrices S and dS where attention goes
 *                  by matrix products: 2·H·T; computed again: the norm (cheap), or norm, q, k, v, y: 5C + H (layer)
 *     feed-forward dx twice: 2C; gradients before and after the activation: 2F; computed again: norm and activation
 *                  C + F (cheap), or also what it acts on: C + 2F (layer)
 */
import type { RecomputePolicy } from '../src/graph/recompute.ts';
import type { GptNeoXConfig } from '../src/models/gpt-neox.ts';
import type { BatchShape } from '../src/models/family.ts';
import { headChunkRows } from '../src/ops/linear-cross-entropy.ts';

export interface StepArithmetic {
  readonly state: number;
  readonly activations: number;
  readonly working: number;
  readonly total: number;
}

/** @param scores whether attention goes by matrix products, over score matrices */
export function stepArithmetic(
  config: GptNeoXConfig,
  parameters: number,
  { batch, time: T }: BatchShape,
  recompute: RecomputePolicy,
  scores: boolean,
): StepArithmetic {
  const { layers: L, width: C, heads: H, feedForward: F, vocabularySize: V } = config;
  const n = batch * T;
  const perLayer = { none: 7 * C + 2 * F + H + 4, cheap: 5 * C + F + H, layer: C }[recompute];
  const head = (headChunkRows(n, C, V) ?? n) * V + n * C;
  const attentionAgain = { none: 0, cheap: C, layer: 5 * C + H }[recompute];
  const attention = n * (5 * C + H + (scores ? 2 * H * T : 0) + attentionAgain);
  const feedForwardAgain = { none: 0, cheap: C + F, layer: C + 2 * F }[recompute];
  const feedForward = n * (2 * C + 2 * F + feedForwardAgain);
  const state = 16 * parameters;
  const activations = 4 * n * (L * perLayer + 2 * C + 2);
  const working = 4 * Math.max(head, attention, feedForward);
  return { state, activations, working, total: state + activations + working };
}
