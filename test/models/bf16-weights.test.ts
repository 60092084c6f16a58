/** Models whose products read weights in bf16: in training a copy, when they are only asked nothing else. */
import { describe, expect, it } from 'vitest';
import { GpuLanguageModel } from '../../src/evaluation/gpu-language-model.ts';
import { likeliest } from '../../src/evaluation/sampling.ts';
import { bf16Bits, bf16Value } from '../../src/graph/bf16.ts';
import { Executable } from '../../src/graph/executable.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { layoutParameters, parametersName } from '../../src/models/parameter-layout.ts';
import { lossWeights } from '../../src/training/batch.ts';
import { buildTrainingGraph } from '../../src/training/training-graph.ts';
import { testGpu } from '../gpu/device.ts';
import { expectClose } from '../ops/harness.ts';
import { flatWeights, loadFixture, modelFixture } from './model-fixture.ts';
import { tinyModels } from './tiny-models.ts';

const shape = { batch: 2, time: 65 };
const n = shape.batch * shape.time;
const optimizer = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 } as const;
/** One of each family, and a tied one, whose embedding is looked up and multiplied by; 131 classes need a chunked head. */
const models = ['gpt_neox, parallel', 'llama', 'open_lm'].flatMap((start) => {
  const { config } = tinyModels.find(({ name }) => name.startsWith(start))!;
  return [{ name: start, config }];
});
const [neox] = models;
models.push({
  name: 'tied, its head in chunks',
  config: { ...neox!.config, vocab_size: 131, tie_word_embeddings: true },
});

const roundAll = (weights: ReadonlyMap<string, Float32Array>, matrices: ReadonlySet<string>) =>
  new Map(
    [...weights].map(([name, data]) => [
      name,
      matrices.has(name) ? data.map((value) => bf16Value(bf16Bits(value))) : data,
    ]),
  );

function fixture(config: Readonly<Record<string, unknown>>) {
  const plain = modelFixture(config);
  const specs = plain.family.parameters(plain.config);
  return { ...plain, specs, matrices: new Set(specs.filter(({ decay }) => decay).map(({ name }) => name)) };
}

describe.each(models)('$name', ({ config }) => {
  it('has the loss and the gradients of the float64 reference on rounded weights', async () => {
    const plain = fixture(config);
    const model = { ...plain, layout: layoutParameters(plain.specs, undefined, 'bf16-copy') };
    const { graph, loss, gradients } = buildTrainingGraph({ ...model, shape }, optimizer);
    const tokens = Int32Array.from({ length: n }, (_, i) => (i * i) % 37);
    const targets = tokens.map((token, i) => (i % 9 === 0 ? -100 : (token * 3 + 1) % 37));
    const scalars = Float32Array.of(0, 1, 1, 0);
    const inputs = { tokens, targets, weights: lossWeights(targets), scalars, row: Uint32Array.of(1) };
    const gpu = await testGpu();
    const store = new VariableStore(gpu);
    const outputs = [loss, ...Object.values(gradients)];
    const executable = await Executable.compile(gpu, graph, store, { outputs, poison: true });
    for (const { name, offset } of model.layout.parameters)
      store.write(parametersName, model.weights.get(name)!, offset);
    const reference = new Interpreter(graph, new Map([[parametersName, flatWeights(model)]]));
    executable.run(inputs);
    reference.run(inputs);
    expect((await executable.read(loss))[0]! / reference.read(loss)[0]!).toBeCloseTo(1, 5);
    const largest = Math.max(...Object.values(gradients).map((g) => Math.hypot(...reference.read(g))));
    for (const [name, gradient] of Object.entries(gradients)) {
      const expected = reference.read(gradient);
      // As in training.test.ts: zero but for rounding.
      if (Math.hypot(...expected) < 1e-6 * largest) continue;
      expectClose(await executable.read(gradient), expected, 5e-5, name);
    }
    executable.destroy();
    store.destroy();
  });

  it('answers from half the bytes what rounded weights in f32 answer', async () => {
    const plain = fixture(config);
    const rounded = { ...plain, weights: roundAll(plain.weights, plain.matrices) };
    const loaded = await loadFixture(rounded);
    const small = await loadFixture({ ...plain, layout: layoutParameters(plain.specs, undefined, 'bf16') });
    const [bytes, halved] = [loaded, small].map(({ store }) =>
      Object.values(store.sizes).reduce((sum, size) => sum + size, 0),
    );
    expect(halved! / bytes!).toBeLessThan(0.7); // at this width vectors, which stay, and gaps are many
    const options = {
      contextLength: 32,
      vocabularySize: 37,
      tokenizer: { encode: () => [], decode: () => '', endOfText: 0 },
      batchSize: 4,
    };
    const [expected, actual] = await Promise.all(
      [loaded, small].map(async (of) => {
        const model = new GpuLanguageModel(of, options);
        const prompts = [[3, 1, 4, 1, 5], [9]];
        const logits: number[] = [];
        const choose = (row: Float32Array) => {
          logits.push(...row);
          return likeliest(row);
        };
        const written = await model.generateBatch(prompts, { newTokens: 7, stopTokens: [], choose });
        const scores = await model.scoreBatch([{ tokens: [2, 7, 1, 8, 2, 8], scored: 4 }]);
        await model.dispose();
        of.store.destroy();
        return { logits, written, scores: scores.flatMap(({ logProbabilities }) => [...logProbabilities]) };
      }),
    );
    expect(actual!.written).toEqual(expected!.written);
    expectClose(actual!.logits, expected!.logits, 1e-5, 'logits');
    expectClose(actual!.scores, expected!.scores, 1e-5, 'scores');
  });
});
