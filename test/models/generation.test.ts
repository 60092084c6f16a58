import { describe, expect, it } from 'vitest';
import { GpuLanguageModel } from '../../src/evaluation/gpu-language-model.ts';
import { likeliest } from '../../src/evaluation/sampling.ts';
import { loadFixture, modelFixture } from './model-fixture.ts';
import { tinyModels } from './tiny-models.ts';

const vocabulary = 37;
const newTokens = 9;
const prompts = [[3, 1, 4, 1, 5], [9], [2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2]];
const tokenizer = { encode: () => [], decode: () => '', endOfText: 0 };
const everyToken = Array.from({ length: vocabulary }, (_, id) => id);

function logSoftmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return Array.from(logits, (logit) => logit - largest - Math.log(sum));
}

describe.each(tinyModels)('$name', ({ config }) => {
  it('sees over its cache what it would have seen without', async () => {
    const loaded = await loadFixture(modelFixture(config));
    const model = new GpuLanguageModel(loaded, {
      contextLength: 32,
      vocabularySize: vocabulary,
      tokenizer,
      batchSize: 4,
    });
    const seen: number[][][] = prompts.map(() => []);
    // Another token each time, whatever the model would say: its own choices repeat themselves.
    const choose = (logits: Float32Array, sequence: number): number => {
      const step = seen[sequence]!.push(logSoftmax(logits));
      return (step * 11 + sequence * 5) % vocabulary;
    };
    const written = await model.generateBatch(prompts, { newTokens, stopTokens: [], choose });
    for (let n = 0; n < newTokens; n++) {
      const rows = prompts.map((prompt, sequence) => ({
        context: [...prompt, ...written[sequence]!.slice(0, n)],
        candidates: everyToken,
      }));
      for (const [sequence, { logProbabilities }] of (await model.nextTokenBatch(rows)).entries()) {
        const errors = seen[sequence]![n]!.map((value, id) => Math.abs(value - logProbabilities[id]!));
        expect(Math.max(...errors), `sequence ${sequence}, token ${n}`).toBeLessThan(1e-5);
      }
    }
    await model.dispose();
    loaded.store.destroy();
  });

  it('writes the same whoever shares the batch, to the last bit of its logits', async () => {
    const loaded = await loadFixture(modelFixture(config));
    const sizes = { contextLength: 32, vocabularySize: vocabulary, tokenizer };
    const alone = new GpuLanguageModel(loaded, { ...sizes, batchSize: 1 });
    const together = new GpuLanguageModel(loaded, { ...sizes, batchSize: 4 });
    const limits = (sequence: number, seen: Float32Array[][]) => ({
      newTokens: newTokens + sequence,
      stopTokens: [],
      choose: (logits: Float32Array, row: number) => {
        (seen[row] ??= []).push(logits.slice());
        return seen[row].length > newTokens - row * 3 ? null : likeliest(logits);
      },
    });
    const batch = [...prompts, prompts[0]!, [7, 7]];
    const seen: Float32Array[][] = [];
    const written = await together.generateBatch(batch, limits(0, seen));
    expect(written.map(({ length }) => length)).toEqual([9, 6, 3, 0, 0]);
    for (const [sequence, prompt] of batch.slice(0, 3).entries()) {
      const own: Float32Array[][] = [];
      const [solo] = await alone.generateBatch([prompt], limits(sequence, own));
      expect(solo!.slice(0, written[sequence]!.length)).toEqual(written[sequence]);
      seen[sequence]!.forEach((logits, n) => expect(own[0]![n], `token ${n}`).toEqual(logits));
    }
    expect(seen[3]![0]).toEqual(seen[0]![0]);
    await Promise.all([alone.dispose(), together.dispose()]);
    loaded.store.destroy();
  });
});
