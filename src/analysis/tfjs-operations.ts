/**
 * The engine's fused operations on tfjs tensors (after `registerKernels`). Shapes as in `src/ops`; float32 unless said;
 * differentiable by `tf.grads`.
 */
import * as tf from '@tensorflow/tfjs';
import type { Rotary } from '../ops/rotary-table.ts';
import { registeredName, type KernelName } from './tfjs-kernels.ts';

function run(
  name: KernelName,
  inputs: Record<string, tf.Tensor>,
  attributes: Record<string, number> = {},
): tf.Tensor {
  const outputs = tf.engine().runKernel(registeredName(name), inputs, attributes) as unknown as tf.Tensor[];
  return outputs[0]!;
}

/** Layer norm of each row of x (N, C) with weight (C) and bias (C): (N, C). */
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon = 1e-5): tf.Tensor {
  return run('LayerNorm', { x, weight, bias }, { epsilon });
}

/** x·Φ(x), exact. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return run('Gelu', { x });
}

/** GELU in its tanh form. */
export function geluTanh(x: tf.Tensor): tf.Tensor {
  return run('GeluTanh', { x });
}

/** x (B, T, H, D) with the first dimensions of each head rotated by position: the same shape. */
export function rotary(x: tf.Tensor, { rotaryDimensions, rotaryBase }: Rotary): tf.Tensor {
  return run('Rotary', { x }, { rotaryDimensions, rotaryBase });
}

/** q (B, T, H, D), k and v (B, T, K, D): (B, T, H, D). */
export function causalAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  scale = q.shape.at(-1)! ** -0.5,
): tf.Tensor {
  return run('CausalAttention', { q, k, v }, { scale });
}

/** weights[n] · −log softmax(logits[n])[targets[n]]; logits (N, V), targets int32 (N), weights (N): (N). */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  return run('CrossEntropy', { logits, targets, weights });
}
