/** Continuing a prompt with a checkpoint's weights. */
import type { z } from 'zod';
import type { Gpu } from '../gpu/device.ts';
import type { ExperimentStore } from '../experiments/experiment-store.ts';
import { lineageTokenizer, traceLineage } from '../experiments/lineage.ts';
import { loadOnGpu } from '../experiments/loaded-checkpoint.ts';
import type { Resources } from '../experiments/resources.ts';
import { RandomStream } from '../random/random-stream.ts';
import type { requestSchemas, Results } from './protocol.ts';

type GenerateRequest = z.output<(typeof requestSchemas)['models.generate']>;

/** Greedy when temperature is 0. The prompt is cut from the left to what the model's context leaves room for. */
export async function generateText(
  { checkpoint, prompt, newTokens, temperature, seed }: GenerateRequest,
  gpu: Gpu,
  store: ExperimentStore,
  resources: Resources,
): Promise<Results['models.generate']> {
  const lineage = await traceLineage(checkpoint, store);
  const { contextLength } = lineage.root.spec;
  const { tokenizer } = await lineageTokenizer(lineage, resources);
  const wanted = Math.min(newTokens, contextLength - 1);
  const loaded = await loadOnGpu(gpu, store, checkpoint, { tokenizer, contextLength, batchSize: 1 });
  try {
    const encoded = Array.from(tokenizer.encode(prompt, { specialTokens: 'text' }));
    // An empty prompt begins where a document begins: after the end of the one before.
    const tokens = (encoded.length > 0 ? encoded : [tokenizer.endOfText ?? 0]).slice(
      -(contextLength - wanted),
    );
    const stopTokens = tokenizer.endOfText === null ? [] : [tokenizer.endOfText];
    const [written] = await loaded.model.generateBatch([tokens], {
      newTokens: wanted,
      stopTokens,
      ...(temperature > 0 && { sample: sampler(temperature, seed) }),
    });
    const ids = written!;
    if (ids.length === 0) return { text: '', tokens: [] };
    const scored = [...tokens, ...ids].slice(-(contextLength + 1));
    const [score] = await loaded.model.scoreBatch([
      { tokens: scored, scored: Math.min(ids.length, scored.length - 1) },
    ]);
    const pieces = ids.map((id, i) => ({
      piece: tokenizer.piece(id),
      logProbability: score!.logProbabilities[i]!,
    }));
    return { text: tokenizer.decode(ids), tokens: pieces };
  } finally {
    await loaded.dispose();
  }
}

/** Draws from softmax(logits / temperature), the n-th draw by the n-th number of a seeded stream. */
function sampler(temperature: number, seed: number): (logits: Float32Array) => number {
  const stream = new RandomStream(seed, 'generation');
  let draws = 0;
  return (logits) => {
    const largest = logits.reduce((a, b) => Math.max(a, b));
    const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
    let left = stream.uniform(draws++) * weights.reduce((a, b) => a + b, 0);
    const chosen = weights.findIndex((weight) => (left -= weight) < 0);
    return chosen >= 0 ? chosen : weights.length - 1;
  };
}
