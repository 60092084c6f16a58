import { describe, expect, it } from 'vitest';
import { GpuLanguageModel } from '../../src/evaluation/gpu-language-model.ts';
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
    const sample = (logits: Float32Array, sequence: number): number => {
      const step = seen[sequence]!.push(logSoftmax(logits));
      return (step * 11 + sequence * 5) % vocabulary;
    };
    const written = await model.generateBatch(prompts, { newTokens, stopTokens: [], sample });
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
});
