/** Generation for a batch: prompts are read one by one into a key/value cache, then every pass writes a token each. */
import type { AdapterProfile } from '../gpu/device.ts';
import { Executable } from '../graph/executable.ts';
import { Graph } from '../graph/graph.ts';
import { choiceKey, type KernelChoices } from '../graph/lowering.ts';
import type { Tensor } from '../graph/tensor.ts';
import {
  oneTokenOverCache,
  promptIntoCache,
  type AttentionPath,
  type KeyValueCache,
} from '../models/attention-path.ts';
import { declareParameters } from '../models/parameter-layout.ts';
import { tokenRows } from '../models/projection.ts';
import { argmax } from '../ops/argmax.ts';
import { linear } from '../ops/linear.ts';
import { linearByPieces } from '../ops/linear-pieces.ts';
import { matmulChoice } from '../ops/matmul-kernels.ts';
import { selectRows } from '../ops/select-rows.ts';
import type { LoadedModel } from './scoring-plan.ts';

/** What a pass gives for each of its sequences: all logits, or only the likeliest token. */
export interface NextTokens {
  /** (V) for each sequence; null where only `best` was asked for. */
  readonly logits: readonly Float32Array[] | null;
  /** i32 (sequences), the smallest id where several are equal; null where logits were asked for. */
  readonly best: Int32Array | null;
}

interface Half {
  readonly executable: Executable;
  readonly cache: KeyValueCache;
  /** i32 (B) */
  readonly best: Tensor;
  /** (B, V) */
  readonly logits: Tensor;
}

/**
 * A sequence's logits depend on its own tokens alone, to the bit, whoever shares the batch: a prompt is read by itself,
 * padded by its own length, and a pass multiplies row by row (`matmul-row`), whatever the number of rows.
 */
export class DecodingPlan {
  private constructor(
    private readonly model: LoadedModel,
    private readonly batch: number,
    private readonly capacity: number,
    private readonly token: Half,
    private readonly prompts: Map<number, Promise<Half>>,
  ) {}

  /** `batch`: sequences per pass; `capacity`: cache rows of each, prompt and new tokens together. */
  static async compile<Config>(
    model: LoadedModel<Config>,
    batch: number,
    capacity: number,
  ): Promise<DecodingPlan> {
    const any = model as LoadedModel;
    const token = await compileHalf(
      any,
      { batch, capacity, time: 1, label: `${batch}x${capacity}` },
      (graph, cache) => {
        const positions = graph.input('positions', [batch], 'i32');
        const lengths = graph.input('lengths', [batch], 'i32');
        return oneTokenOverCache(batch, capacity, cache, positions, lengths);
      },
    );
    return new DecodingPlan(any, batch, capacity, token, new Map());
  }

  /**
   * Reads one prompt, padded to `time` tokens, into the caches of `sequences`.
   * @returns the logits, or the likeliest token, after its last token
   */
  async read(
    prompt: readonly number[],
    time: number,
    sequences: readonly number[],
    wanted: keyof NextTokens,
  ): Promise<NextTokens> {
    const half = await this.promptHalf(time);
    const tokens = new Int32Array(time);
    tokens.set(prompt);
    half.executable.run({ tokens, rows: Int32Array.of(prompt.length - 1) });
    this.copyCache(half, prompt.length, sequences);
    return readNext(half, wanted);
  }

  /** Appends one token to each of the batch's sequences, at its position, and gives what comes next. */
  async advance(tokens: Int32Array, positions: Int32Array, wanted: keyof NextTokens): Promise<NextTokens> {
    this.token.executable.run({
      tokens,
      positions,
      lengths: positions.map((position) => position + 1),
      rows: Int32Array.from({ length: this.batch }, (_, b) => b),
    });
    return readNext(this.token, wanted);
  }

  async destroy(): Promise<void> {
    this.token.executable.destroy();
    for (const half of await Promise.allSettled(this.prompts.values()))
      if (half.status === 'fulfilled') half.value.executable.destroy();
  }

  private promptHalf(time: number): Promise<Half> {
    let half = this.prompts.get(time);
    if (!half) {
      const sizes = { batch: 1, capacity: time, time, label: `prompt ${time}` };
      half = compileHalf(this.model, sizes, (graph, cache) =>
        promptIntoCache({ batch: 1, time }, cache, graph),
      );
      this.prompts.set(time, half);
    }
    return half;
  }

  /** The first `length` rows of a prompt's keys and values, into every sequence that continues it. */
  private copyCache(prompt: Half, length: number, sequences: readonly number[]): void {
    const { gpu, store } = this.model;
    const encoder = gpu.device.createCommandEncoder();
    for (const kind of ['keys', 'values'] as const) {
      prompt.cache[kind].forEach((source, layer) => {
        const target = this.token.cache[kind][layer]!;
        const row = 4 * source.shape[2]! * source.shape[3]!;
        for (const sequence of sequences) {
          const offset = sequence * this.capacity * row;
          encoder.copyBufferToBuffer(
            store.buffer(source.name),
            0,
            store.buffer(target.name),
            offset,
            length * row,
          );
        }
      });
    }
    gpu.device.queue.submit([encoder.finish()]);
  }
}

async function readNext({ executable, best, logits }: Half, wanted: keyof NextTokens): Promise<NextTokens> {
  if (wanted === 'best') return { logits: null, best: (await executable.read(best)) as Int32Array };
  const values = (await executable.read(logits)) as Float32Array;
  const [rows, vocabulary] = logits.shape as [number, number];
  const row = (b: number): Float32Array => values.subarray(b * vocabulary, (b + 1) * vocabulary);
  return { logits: Array.from({ length: rows }, (_, b) => row(b)), best: null };
}

interface HalfSizes {
  readonly batch: number;
  /** Cache rows per sequence. */
  readonly capacity: number;
  readonly time: number;
  /** Names the cache in the model's store, where plans of the same sizes share it. */
  readonly label: string;
}

async function compileHalf(
  { gpu, family, config, layout, store, choices }: LoadedModel,
  { batch, capacity, time, label }: HalfSizes,
  pathOver: (graph: Graph, cache: KeyValueCache) => AttentionPath,
): Promise<Half> {
  const graph = new Graph();
  const { views } = declareParameters(graph, layout);
  const { layers, heads, headSize } = family.cacheShape(config);
  const variables = (kind: string) =>
    Array.from({ length: layers }, (_, i) =>
      graph.variable(`cache.${label}.${kind}.${i}`, [batch, capacity, heads, headSize]),
    );
  const cache = { keys: variables('keys'), values: variables('values') };
  const tokens = graph.input('tokens', [batch * time], 'i32');
  const rows = graph.input('rows', [batch], 'i32');
  const hidden = family.hidden(graph, views, tokens, pathOver(graph, cache), config);
  const logits = linear(
    graph,
    selectRows(graph, hidden, rows),
    tokenRows(views, family.headName(config)),
    null,
  ); // (B, V)
  const best = argmax(graph, logits);
  const executable = await Executable.compile(gpu, graph, store, {
    outputs: [best, logits],
    choices: time === 1 ? rowByRow(graph, gpu.profile) : choices,
  });
  return { executable, cache, best, logits };
}

/** The row kernel for every product with a weight: a row's sum then has the same order in a batch of any size. */
function rowByRow(graph: Graph, { software }: AdapterProfile): KernelChoices {
  const products = graph.nodes.flatMap(({ operation, inputs: [a, b, ...rest] }) => {
    if (operation.name === 'matmul') return [[a!, b!] as const];
    return operation === linearByPieces ? [b!, ...rest].map((piece) => [a!, piece] as const) : [];
  });
  return Object.fromEntries(
    products.map(([a, b]) => {
      const [m, k] = a.shape as [number, number];
      return [choiceKey(matmulChoice('nt', b.dtype), [m, b.shape[0]!, k]), software ? 'row-alone' : 'row'];
    }),
  );
}
