/** A real Llama-type model, stories260K (MIT, by the author of llama2.c), where its files are at hand. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GpuLanguageModel } from '../../src/evaluation/gpu-language-model.ts';
import type { LoadedModel } from '../../src/evaluation/scoring-plan.ts';
import { findFamily } from '../../src/models/index.ts';
import { layoutParameters } from '../../src/models/parameter-layout.ts';
import { loadTokenizer, type Tokenizer } from '../../src/tokenizers/tokenizer.ts';
import type { Batch } from '../../src/training/batch.ts';
import { train } from '../../src/training/train.ts';
import { Trainer } from '../../src/training/trainer.ts';
import { readTensors } from '../conformance/tensor-file.ts';
import { testGpu } from '../gpu/device.ts';
import { loadFixture, type ModelFixture } from './model-fixture.ts';

const folder = new URL('../../../shared/data/stories260k/', import.meta.url);
const present = existsSync(folder);

interface Golden {
  /** BOS, then the greedy continuation. */
  readonly ids: readonly number[];
  /** In float64, of ids[1] on. */
  readonly logprobs: readonly number[];
  readonly text: string;
}

/** Not by the model: plain prose, so that there is something to learn. */
const text = `Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse,
and nothing particular to interest me on shore, I thought I would sail about a little.`;

function json(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Record<string, unknown>;
}

describe.skipIf(!present)('stories260K', () => {
  let fixture: ModelFixture;
  let loaded: LoadedModel;
  let model: GpuLanguageModel;
  let tokenizer: Tokenizer;
  let golden: Golden;

  beforeAll(async () => {
    const config = json('config.json');
    const family = findFamily(String(config.model_type));
    const parsed = family.fromHuggingFace(config);
    const specs = family.parameters(parsed);
    const tensors = await readTensors(new URL('model.safetensors', folder).pathname);
    const weights = new Map(specs.map(({ name }) => [name, tensors.get(name)!.data as Float32Array]));
    expect([...tensors.keys()].sort()).toEqual([...weights.keys()].sort());
    fixture = { family, config: parsed, layout: layoutParameters(specs), weights };
    tokenizer = loadTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
    golden = json('golden.json') as unknown as Golden;
    loaded = await loadFixture(fixture);
    const codec = {
      encode: (source: string) => [...tokenizer.encode(source)],
      decode: (ids: readonly number[]) => tokenizer.decode(ids),
      endOfText: tokenizer.endOfText!,
    };
    model = new GpuLanguageModel(loaded, {
      contextLength: 512,
      vocabularySize: tokenizer.vocabularySize,
      tokenizer: codec,
      batchSize: 1,
    });
  });

  afterAll(async () => {
    await model.dispose();
    loaded.store.destroy();
  });

  it('writes the same 256 tokens greedily, over its cache', async () => {
    const [bos, ...continuation] = golden.ids;
    const [written] = await model.generateBatch([[bos!]], { newTokens: 256, stopTokens: [] });
    expect(continuation).toHaveLength(256);
    expect(written).toEqual(continuation);
    expect(tokenizer.decode(written!).trim()).toBe(golden.text.trim());
  });

  it('gives them the log-probabilities of float64', async () => {
    const [score] = await model.scoreBatch([{ tokens: golden.ids, scored: 256 }]);
    const errors = [...score!.logProbabilities].map((value, i) => Math.abs(value - golden.logprobs[i]!));
    expect(score!.greedy).toBe(true);
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(1e-5);
    expect(Math.max(...errors)).toBeLessThan(1e-4);
  });

  it('predicts a text from weights in bf16 as well, but for 0.5 % of its loss', async () => {
    const layout = layoutParameters(fixture.family.parameters(fixture.config), undefined, 'bf16');
    const rounded = await loadFixture({ ...fixture, layout });
    const sizes = { contextLength: 512, vocabularySize: tokenizer.vocabularySize, batchSize: 1 };
    const small = new GpuLanguageModel(rounded, { ...sizes, tokenizer: model.tokenizer });
    const ids = [golden.ids[0]!, ...tokenizer.encode(text)];
    const lossOf = async (asked: GpuLanguageModel) => {
      const [score] = await asked.scoreBatch([{ tokens: ids, scored: ids.length - 1 }]);
      return -score!.logProbabilities.reduce((sum, value) => sum + value, 0) / (ids.length - 1);
    };
    const [exact, actual] = [await lossOf(model), await lossOf(small)];
    expect(actual).not.toBe(exact);
    expect(Math.abs(actual / exact - 1)).toBeLessThan(5e-3);
    await small.dispose();
    rounded.store.destroy();
  });

  it('learns a text in 30 steps', async () => {
    const steps = 30;
    const ids = [golden.ids[0]!, ...tokenizer.encode(text)];
    const time = 59;
    const batch = 1;
    expect(ids.length).toBeGreaterThan(batch * time);
    const data: Batch = {
      tokens: Int32Array.from(ids.slice(0, batch * time)),
      targets: Int32Array.from(ids.slice(1, batch * time + 1)),
    };
    const trainer = await Trainer.create(await testGpu(), fixture.family, fixture.config, {
      shape: { batch, time },
      optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 },
      schedule: { kind: 'constant', peak: 1e-3, warmupSteps: 0, steps, finalFraction: 1 },
    });
    trainer.load('parameters', fixture.weights);
    const losses: number[] = [];
    for await (const measured of train(trainer, { batchAt: () => data, until: steps }))
      losses.push(...measured.map(({ loss }) => loss));
    await trainer.dispose();
    expect(losses).toHaveLength(steps);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 1);
    losses.slice(5).forEach((loss, i) => expect(loss, `loss of step ${i + 6}`).toBeLessThan(losses[i]!));
  });
});
