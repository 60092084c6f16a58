import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { attachTfjs } from '../../src/analysis/tfjs-backend.ts';
import { registerKernels } from '../../src/analysis/tfjs-kernels.ts';
import * as fused from '../../src/analysis/tfjs-operations.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { testGpu } from '../gpu/device.ts';
import { expectClose, seededNormal } from '../ops/harness.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
  registerKernels(gpu, await attachTfjs(gpu));
});

type Function = (...tensors: tf.Tensor[]) => tf.Tensor;
interface Data {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

function normal(seed: number, ...shape: number[]): Data {
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, seededNormal(seed));
  return { shape, values };
}

const tensors = (inputs: readonly Data[]) =>
  inputs.map(({ shape, values }) =>
    tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32'),
  );

/** Value of Σ f·w and its gradients by the first `count` inputs, on one backend. */
async function evaluate(
  backend: string,
  f: Function,
  inputs: readonly Data[],
  count: number,
): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const all = tensors(inputs);
  const [given, rest] = [all.slice(0, count), all.slice(count)];
  const weighted = (...x: tf.Tensor[]) => {
    const y = f(...x, ...rest);
    const weights = tf.tensor(normal(77, ...y.shape).values, y.shape);
    return y.mul(weights).sum<tf.Scalar>();
  };
  const values = [
    await f(...all).data(),
    ...(await Promise.all(
      tf
        .grads(weighted)(given)
        .map((gradient) => gradient.data()),
    )),
  ];
  return values as Float32Array[];
}

/** Ours on the GPU against the same mathematics in tf ops on tfjs's CPU backend, which accumulates in float64. */
async function check(
  ours: Function,
  theirs: Function,
  inputs: readonly Data[],
  count = inputs.length,
): Promise<void> {
  const expected = await evaluate('cpu', theirs, inputs, count);
  const actual = await evaluate('webgpu', ours, inputs, count);
  gpu.check();
  actual.forEach((values, index) => {
    expectClose(values, expected[index]!, 2e-5, index === 0 ? 'value' : `gradient of input ${index - 1}`);
  });
}

const erfGelu: Function = (x) => x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);

const plainAttention: Function = (q, k, v) => {
  const [, time, heads, size] = q.shape as [number, number, number, number];
  const keyHeads = k.shape[2]!;
  const repeat = (x: tf.Tensor) =>
    tf
      .stack(Array<tf.Tensor>(heads / keyHeads).fill(x), 3)
      .reshape([x.shape[0], time, heads, size])
      .transpose([0, 2, 1, 3]);
  const mask = tf.tensor2d(
    Float32Array.from({ length: time * time }, (_, i) => (i % time > i / time ? -1e9 : 0)),
    [time, time],
  );
  const scores = tf
    .matMul(q.transpose([0, 2, 1, 3]), repeat(k), false, true)
    .mul(size ** -0.5)
    .add(mask);
  return tf.matMul(tf.softmax(scores), repeat(v)).transpose([0, 2, 1, 3]);
};

describe('the engine’s operations as tfjs kernels', () => {
  it('layerNorm agrees with tf ops, value and gradients', async () => {
    const plain: Function = (x, weight, bias) => {
      const { mean, variance } = tf.moments(x, 1, true);
      return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(weight).add(bias);
    };
    await check((x, w, b) => fused.layerNorm(x, w, b), plain, [
      normal(1, 13, 37),
      normal(2, 37),
      normal(3, 37),
    ]);
  });

  it('gelu agrees with tf ops, value and gradients', async () => {
    // tf.erf is an approximation good to 1.5e-7.
    await check((x) => fused.gelu(x), erfGelu, [normal(4, 7, 33)]);
  });

  it('causal attention with grouped heads agrees with tf ops, value and gradients', async () => {
    const inputs = [normal(5, 2, 11, 4, 6), normal(6, 2, 11, 2, 6), normal(7, 2, 11, 2, 6)];
    await check((q, k, v) => fused.causalAttention(q, k, v), plainAttention, inputs);
  });

  it('rotary agrees with tf ops, value and gradients', async () => {
    const plain: Function = (x) => {
      const time = x.shape[1]!;
      const angles = Float32Array.from(
        { length: time * 2 },
        (_, i) => Math.floor(i / 2) * 10_000 ** -((i % 2) / 2),
      );
      const [cos, sin] = [tf.cos, tf.sin].map((f) => f(tf.tensor(angles, [1, time, 1, 2])));
      const [a, b, rest] = tf.split(x, [2, 2, 3], 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
      return tf.concat([a.mul(cos!).sub(b.mul(sin!)), b.mul(cos!).add(a.mul(sin!)), rest], 3);
    };
    await check((x) => fused.rotary(x, { rotaryDimensions: 4, rotaryBase: 10_000 }), plain, [
      normal(8, 2, 5, 3, 7),
    ]);
  });

  it('cross-entropy agrees with tf ops, and leaves the logits as they were', async () => {
    const targets = { shape: [9], values: Int32Array.of(3, 0, 16, 5, -100, 2, -100, 1, 8) };
    const weights = normal(10, 9);
    const plain: Function = (logits, t, w) => {
      const rows = tf.oneHot(t.cast('int32'), 17).mul(tf.logSoftmax(logits));
      return rows.sum(1).neg().mul(w);
    };
    await check((l, t, w) => fused.crossEntropy(l, t, w), plain, [normal(9, 9, 17), targets, weights], 1);
    const [logits, ...rest] = tensors([normal(9, 9, 17), targets, weights]) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const before = await logits.clone().data();
    tf.grad((x) => fused.crossEntropy(x, rest[0], rest[1]).sum())(logits);
    expect(await logits.mul(1).data()).toEqual(before);
  });

  it('leaks no tensors, and no buffers from one call to the next', async () => {
    const [x, w, b] = tensors([normal(1, 64, 32), normal(2, 32), normal(3, 32)]) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const step = async () => {
      const gradients = tf.grads((...t: tf.Tensor[]) => fused.layerNorm(t[0]!, t[1]!, t[2]!).square().sum())([
        x,
        w,
        b,
      ]);
      await gradients[0]!.data();
      tf.dispose(gradients);
    };
    await step();
    await step();
    const { numTensors, numDataBuffers } = tf.memory();
    for (let i = 0; i < 5; i++) await step();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  });
});
