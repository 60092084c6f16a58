/** Generation for a batch: one plan reads the prompts into a key/value cache, another writes a token at a time. */
import { Executable } from '../graph/executable.ts';
import { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import {
  oneTokenOverCache,
  promptIntoCache,
  type AttentionPath,
  type KeyValueCache,
} from '../models/attention-path.ts';
import type { BatchShape } from '../models/family.ts';
import { declareParameters } from '../models/parameter-layout.ts';
import { argmax } from '../ops/argmax.ts';
import { linear } from '../ops/linear.ts';
import { selectRows } from '../ops/select-rows.ts';
import type { GenerationLimits } from './language-model.ts';
import type { LoadedModel } from './scoring-plan.ts';

interface Half {
  readonly executable: Executable;
  /** The likeliest next token of each sequence, i32 (B). */
  readonly next: Tensor;
  /** (B, V) */
  readonly logits: Tensor;
}

export class DecodingPlan {
  private constructor(
    private readonly shape: BatchShape,
    private readonly capacity: number,
    private readonly prompt: Half,
    private readonly token: Half,
  ) {}

  /** `shape`: the padded prompts; `capacity`: cache rows per sequence, prompt and new tokens together. */
  static async compile<Config>(
    model: LoadedModel<Config>,
    shape: BatchShape,
    capacity: number,
  ): Promise<DecodingPlan> {
    const any = model as LoadedModel;
    const prompt = await compileHalf(any, shape.batch, capacity, shape.time, (graph, cache) =>
      promptIntoCache(shape, cache, graph),
    );
    const token = await compileHalf(any, shape.batch, capacity, 1, (graph, cache) => {
      const positions = graph.input('positions', [shape.batch], 'i32');
      const lengths = graph.input('lengths', [shape.batch], 'i32');
      return oneTokenOverCache(shape.batch, capacity, cache, positions, lengths);
    });
    return new DecodingPlan(shape, capacity, prompt, token);
  }

  /** Continues each prompt until a stop token, which is left out, or `newTokens`. */
  async generate(prompts: readonly (readonly number[])[], limits: GenerationLimits): Promise<number[][]> {
    const { newTokens, stopTokens } = limits;
    const { batch, time } = this.shape;
    const tokens = new Int32Array(batch * time);
    const lengths = Int32Array.from({ length: batch }, (_, b) => prompts[b]?.length ?? 1);
    prompts.forEach((prompt, b) => tokens.set(prompt, b * time));
    this.prompt.executable.run({ tokens, rows: lengths.map((length, b) => b * time + length - 1) });
    let next = await chooseNext(this.prompt, prompts.length, limits);

    const written: number[][] = prompts.map(() => []);
    const ended = prompts.map(() => false);
    for (let n = 0; ; n++) {
      prompts.forEach((_, b) => {
        if (ended[b]) return;
        if (stopTokens.includes(next[b]!)) ended[b] = true;
        else written[b]!.push(next[b]!);
      });
      if (n + 1 >= newTokens || ended.every(Boolean)) return written;
      const positions = lengths.map((length) => Math.min(length + n, this.capacity - 1));
      const rows = Int32Array.from({ length: batch }, (_, b) => b);
      this.token.executable.run({
        tokens: next,
        positions,
        lengths: positions.map((position) => position + 1),
        rows,
      });
      next = await chooseNext(this.token, prompts.length, limits);
    }
  }

  destroy(): void {
    this.prompt.executable.destroy();
    this.token.executable.destroy();
  }
}

async function chooseNext(
  { executable, next, logits }: Half,
  sequences: number,
  { sample }: GenerationLimits,
): Promise<Int32Array> {
  if (!sample) return (await executable.read(next)) as Int32Array;
  const [batch, vocabulary] = logits.shape as [number, number];
  const values = (await executable.read(logits)) as Float32Array;
  const row = (b: number) => values.subarray(b * vocabulary, (b + 1) * vocabulary);
  return Int32Array.from({ length: batch }, (_, b) => (b < sequences ? sample(row(b), b) : 0));
}

/** Caches live in the model's store, shared by both halves and by plans of the same size. */
async function compileHalf(
  model: LoadedModel,
  batch: number,
  capacity: number,
  time: number,
  pathOver: (graph: Graph, cache: KeyValueCache) => AttentionPath,
): Promise<Half> {
  const { gpu, family, config, layout, store, choices } = model;
  const graph = new Graph();
  const { views } = declareParameters(graph, layout);
  const { layers, heads, headSize } = family.cacheShape(config);
  const variables = (kind: string) =>
    Array.from({ length: layers }, (_, i) =>
      graph.variable(`cache.${batch}x${capacity}.${kind}.${i}`, [batch, capacity, heads, headSize]),
    );
  const cache = { keys: variables('keys'), values: variables('values') };
  const tokens = graph.input('tokens', [batch * time], 'i32');
  const rows = graph.input('rows', [batch], 'i32');
  const hidden = family.hidden(graph, views, tokens, pathOver(graph, cache), config);
  const logits = linear(graph, selectRows(graph, hidden, rows), views[family.headName(config)]!, null); // (B, V)
  const next = argmax(graph, logits);
  const executable = await Executable.compile(gpu, graph, store, { outputs: [next, logits], choices });
  return { executable, next, logits };
}
