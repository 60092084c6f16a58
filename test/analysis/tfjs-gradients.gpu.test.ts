import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { loss as tfjsLoss } from '../../bench/peers/tfjs-gpt-neox.ts';
import { Executable } from '../../src/graph/executable.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { gptNeoX, type GptNeoXConfig } from '../../src/models/gpt-neox.ts';
import { initialParameters, layoutParameters, parametersName } from '../../src/models/parameter-layout.ts';
import { lossWeights } from '../../src/training/batch.ts';
import { buildTrainingGraph } from '../../src/training/training-graph.ts';
import { testGpu } from '../gpu/device.ts';
import { expectClose, seededNormal } from '../ops/harness.ts';

const config: GptNeoXConfig = {
  vocabularySize: 29,
  layers: 2,
  width: 24,
  heads: 3,
  feedForward: 38,
  rotaryFraction: 0.5,
  rotaryBase: 10_000,
  rotaryScaling: null,
  parallelResidual: true,
  layerNormEpsilon: 1e-5,
  initializerRange: 0.2,
  tied: false,
  attentionBias: true,
  activation: 'gelu',
  contextLength: 11,
};
const shape = { batch: 2, time: 11 };
const tokens = Int32Array.from({ length: 22 }, (_, i) => (i * i * 5 + 3) % 29);
const batch = { tokens, targets: tokens.map((token, i) => (i % 7 === 0 ? -100 : (token * 2 + 1) % 29)) };

/** Loss and gradients by name, by our kernels. */
async function ours(weights: ReadonlyMap<string, Float32Array>, changed: GptNeoXConfig) {
  const gpu = await testGpu();
  const layout = layoutParameters(gptNeoX.parameters(changed));
  const optimizer = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0, maxGradNorm: null } as const;
  const { graph, loss, gradients } = buildTrainingGraph(
    { family: gptNeoX, config: changed, layout, shape },
    optimizer,
  );
  const store = new VariableStore(gpu);
  const outputs = [loss, ...Object.values(gradients)];
  const executable = await Executable.compile(gpu, graph, store, { outputs, poison: true });
  for (const { name, offset } of layout.parameters) store.write(parametersName, weights.get(name)!, offset);
  const scalars = new Float32Array([0, 1, 1, 0]);
  executable.run({ ...batch, weights: lossWeights(batch.targets), scalars, row: Uint32Array.of(0) });
  const read = new Map<string, ArrayLike<number>>();
  for (const [name, gradient] of Object.entries(gradients)) read.set(name, await executable.read(gradient));
  const value = (await executable.read(loss))[0]!;
  executable.destroy();
  store.destroy();
  return { value, gradients: read };
}

/** The same by tf ops and tf.grads on tfjs's CPU backend. */
async function theirs(weights: ReadonlyMap<string, Float32Array>, changed: GptNeoXConfig) {
  await tf.setBackend('cpu');
  const specs = gptNeoX.parameters(changed);
  const tensors = specs.map(({ name, shape: size }) => tf.tensor(weights.get(name)!, [...size]));
  const named = (values: readonly tf.Tensor[]) =>
    Object.fromEntries(specs.map(({ name }, i) => [name, values[i]!]));
  const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) =>
    tfjsLoss(named(values), batch, shape, changed),
  )(tensors);
  const gradients = new Map(specs.map(({ name }, i) => [name, grads[i]!.dataSync()]));
  return { value: value.dataSync()[0]!, gradients };
}

describe('a training step’s gradients', () => {
  it.each([
    { name: 'parallel residual', change: {} },
    {
      name: 'sequential residual, tied head',
      change: { parallelResidual: false, tied: true, rotaryFraction: 1 },
    },
  ])('agree with tfjs on the CPU: $name', async ({ change }) => {
    const changed = { ...config, ...change };
    const normal = seededNormal(3);
    const specs = gptNeoX.parameters(changed);
    const weights = initialParameters(specs, (_, count) => Float64Array.from({ length: count }, normal));
    const actual = await ours(weights, changed);
    const expected = await theirs(weights, changed);
    expect(Math.abs(actual.value / expected.value - 1)).toBeLessThan(1e-5);
    expect(actual.gradients.size).toBe(specs.length);
    for (const [name, gradient] of expected.gradients) {
      // tf.erf is good to 1.5e-7 only, and its gradient follows.
      expectClose(actual.gradients.get(name)!, gradient, 1e-4, name);
    }
  });
});
