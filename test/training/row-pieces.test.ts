/** A vocabulary larger than one binding: embedding and head in pieces of their rows train as if they were whole. */
import { describe, expect, it } from 'vitest';
import { GpuLanguageModel } from '../../src/evaluation/gpu-language-model.ts';
import { likeliest } from '../../src/evaluation/sampling.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import {
  dataByPiece,
  declareParameters,
  flatName,
  layoutParameters,
  parametersName,
} from '../../src/models/parameter-layout.ts';
import { train } from '../../src/training/train.ts';
import { Trainer, type TrainerOptions } from '../../src/training/trainer.ts';
import { limitedGpu, testGpu } from '../gpu/device.ts';
import { modelFixture } from '../models/model-fixture.ts';
import { tinyModels } from '../models/tiny-models.ts';
import { expectClose } from '../ops/harness.ts';

const vocabulary = 257;
const steps = 32;
/** The vocabulary's 257 × 24 numbers take 24,672 bytes: pieces of 128, 128 and 1 rows. Everything else fits. */
const bytes = 16_000;
const small = { maxStorageBufferBindingSize: bytes, maxBufferSize: bytes };
const kinds = ['parameters', 'firstMoment', 'secondMoment'] as const;

const plain: TrainerOptions = {
  shape: { batch: 2, time: 6 },
  optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 },
  schedule: { kind: 'cosine', peak: 2e-3, warmupSteps: 5, steps, finalFraction: 0.1 },
  validates: true,
};

function batchAt(step: number) {
  const tokens = Int32Array.from({ length: 12 }, (_, i) => (i * i * 11 + step * 7) % vocabulary);
  return { tokens, targets: tokens.map((token, i) => (i % 7 === 0 ? -100 : (token * 3 + 1) % vocabulary)) };
}

const fixtureOf = (change: object) =>
  modelFixture({
    ...tinyModels.find(({ name }) => name === 'llama')!.config,
    vocab_size: vocabulary,
    ...change,
  });

async function stateOf(trainer: Trainer, kind: (typeof kinds)[number]): Promise<[string, Float32Array][]> {
  const tensors: [string, Float32Array][] = [];
  for await (const [name, data] of trainer.read(kind)) tensors.push([name, data]);
  return tensors;
}

async function losses(trainer: Trainer, until: number): Promise<number[]> {
  const all: number[] = [];
  for await (const measured of train(trainer, { batchAt, until }))
    all.push(...measured.map(({ loss }) => loss));
  return all;
}

const numbersOf = (state: [string, Float32Array][]) => state.flatMap(([, data]) => [...data]);

describe.each([
  { name: 'untied', tied: false, change: {} },
  { name: 'tied, in micro-batches', tied: true, change: { accumulation: 2 } },
  {
    name: 'tied, weights and activations in bf16',
    tied: true,
    change: { weights: 'bf16', activations: 'bf16' },
  },
] as const)('a vocabulary in pieces ($name)', ({ tied, change }) => {
  const { family, config, weights } = fixtureOf({ tie_word_embeddings: tied });
  const options: TrainerOptions = { ...plain, ...change };
  const start = async (gpu: Gpu) => {
    const trainer = await Trainer.create(gpu, family, config, options);
    trainer.load('parameters', weights);
    return trainer;
  };

  it(`trains as the whole over ${steps} steps, under its public names`, async () => {
    const gpu = await testGpu();
    const [whole, cut] = [await start(gpu), await start(limitedGpu(gpu, small))];
    expect(whole.layout.parameters).toHaveLength(whole.layout.named.length);
    const pieces = cut.layout.parameters.filter(({ name }) => name.includes('['));
    expect(pieces.map(({ shape }) => shape[0])).toEqual(tied ? [128, 128, 1] : [128, 128, 1, 128, 128, 1]);
    expect(await stateOf(cut, 'parameters')).toEqual(await stateOf(whole, 'parameters'));
    const [expected, actual] = [await losses(whole, steps), await losses(cut, steps)];
    expect(actual[0]).toBe(expected[0]);
    expect(expected.at(-1)!).toBeLessThan(expected[0]!);
    // dx is summed piece by piece, and the norm flat by flat; bf16 may round a weight otherwise for it.
    const bf16 = 'weights' in change;
    expectClose(actual, expected, bf16 ? 1e-4 : 1e-6, 'losses');
    for (const kind of kinds) {
      const [ours, theirs] = [await stateOf(cut, kind), await stateOf(whole, kind)];
      expect(ours.map(([name]) => name)).toEqual(theirs.map(([name]) => name));
      expectClose(numbersOf(ours), numbersOf(theirs), bf16 ? 1e-2 : 1e-4, kind);
    }
    expectClose(
      [await cut.validationLoss([batchAt(99)])],
      [await whole.validationLoss([batchAt(99)])],
      1e-4,
      'validation',
    );
    await Promise.all([whole.dispose(), cut.dispose()]);
  });

  it('resumes from whole tensors on the same bits', async () => {
    const gpu = limitedGpu(await testGpu(), small);
    const straight = await start(gpu);
    const expected = await losses(straight, 16);
    const first = await start(gpu);
    await losses(first, 7);
    const second = await start(gpu);
    for (const kind of kinds) second.load(kind, await stateOf(first, kind));
    second.resumeAt(7);
    expect(await losses(second, 16)).toEqual(expected.slice(7));
    for (const kind of kinds) expect(await stateOf(second, kind)).toEqual(await stateOf(straight, kind));
    const { plan, graph } = straight.program.forwardBackward;
    const sizes = [...graph.variables.keys()].map((name) => straight.store.buffer(name).size);
    expect(Math.max(...sizes, ...plan.slots.map((slot) => slot.bytes))).toBeLessThanOrEqual(bytes);
    await Promise.all([straight.dispose(), first.dispose(), second.dispose()]);
  });
});

describe.each([{ weights: 'f32' }, { weights: 'bf16' }] as const)(
  'a vocabulary in pieces, asked ($weights)',
  ({ weights: form }) => {
    it('answers and writes as the whole does', async () => {
      const { family, config, weights } = fixtureOf({ tie_word_embeddings: true });
      const answers = async (gpu: Gpu, tight: typeof small | undefined) => {
        const layout = layoutParameters(family.parameters(config), tight, form);
        const store = new VariableStore(gpu);
        await store.ensure(declareParameters(new Graph(), layout).flats);
        for (const parameter of layout.named)
          for (const [{ flat, offset }, data] of dataByPiece(parameter, weights.get(parameter.name)!))
            store.write(flatName(parametersName, flat), data, offset);
        const tokenizer = { encode: () => [], decode: () => '', endOfText: 0 };
        const sizes = { contextLength: 16, vocabularySize: vocabulary, tokenizer, batchSize: 2 };
        const model = new GpuLanguageModel({ gpu, family, config, layout, store }, sizes);
        const logits: number[] = [];
        const choose = (row: Float32Array) => (logits.push(...row), likeliest(row));
        const written = await model.generateBatch([[3, 200, 256], [0]], {
          newTokens: 6,
          stopTokens: [],
          choose,
        });
        const scores = await model.scoreBatch([{ tokens: [250, 130, 1, 256, 128], scored: 4 }]);
        await model.dispose();
        store.destroy();
        return { pieces: layout.parameters.length, logits, written, scores };
      };
      const gpu = await testGpu();
      const half = { maxStorageBufferBindingSize: bytes / (form === 'bf16' ? 2 : 1), maxBufferSize: bytes };
      const [whole, cut] = [await answers(gpu, undefined), await answers(limitedGpu(gpu, small), half)];
      expect(cut.pieces).toBeGreaterThan(whole.pieces);
      // Every logit is a sum over the width in the same kernel.
      expect({ ...cut, pieces: 0 }).toEqual({ ...whole, pieces: 0 });
    });
  },
);
