/** A published trajectory to import: generated models with their config, weights and tokenizer as files. */
import { writeSafetensors } from '../../src/checkpoints/safetensors.ts';
import type { TensorSource } from '../../src/checkpoints/tensor-source.ts';
import { importSchema, type ImportSpec } from '../../src/experiments/spec.ts';
import { findFamily } from '../../src/models/index.ts';
import { initialParameters } from '../../src/models/parameter-layout.ts';
import { trainByteLevelBpe } from '../../src/tokenizers/byte-level-bpe-trainer.ts';
import { commitOf, type ServedRevision } from '../checkpoints/hub-server.ts';
import { seededValues } from '../checkpoints/storage-fixtures.ts';

export const repository = 'lab/pico';
export type Files = Readonly<Record<string, Uint8Array>>;

export const config = {
  model_type: 'gpt_neox',
  vocab_size: 304,
  hidden_size: 64,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  intermediate_size: 96,
  max_position_embeddings: 128,
  eos_token_id: 0,
};

/** Its two matrices per layer get shards of their own: 7 MB in all, more than is read ahead at once. */
export const largeConfig = { ...config, intermediate_size: 4608 };

export const tokenizerJson = trainByteLevelBpe(['to be or not to be, that is the question'], {
  vocabularySize: 270,
});

export function text(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

export interface FilesOptions {
  readonly seed?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly dtype?: 'F32' | 'BF16';
  readonly tokenizer?: boolean;
  /** Changes the tensors before they are written. */
  readonly edit?: (tensors: TensorSource[]) => TensorSource[];
}

/** The files of one revision. */
export async function modelFiles(options: FilesOptions = {}): Promise<Files> {
  const { seed = 1, dtype = 'F32', tokenizer = true, edit = (tensors) => tensors } = options;
  const json = options.config ?? config;
  const family = findFamily(String(json.model_type));
  const specs = family.parameters(family.fromHuggingFace({ ...json }));
  const normal = (name: string, count: number) => Float64Array.from(seededValues(count, seed + name.length));
  const tensors = [...initialParameters(specs, normal)].map(([name, values]) =>
    source(name, specs.find((spec) => spec.name === name)!.shape, dtype, values),
  );
  const pieces: Uint8Array[] = [];
  for await (const piece of writeSafetensors(edit(tensors)).stream()) pieces.push(new Uint8Array(piece));
  return {
    'config.json': text(json),
    'model.safetensors': Buffer.concat(pieces),
    ...(tokenizer && { 'tokenizer.json': text(await tokenizerJson) }),
  };
}

/** A tensor of a dtype, as a file holds it. */
export function source(
  name: string,
  shape: readonly number[],
  dtype: 'F32' | 'BF16',
  values: Float32Array,
): TensorSource {
  const bytes = encoded(dtype, values);
  return {
    name,
    shape,
    dtype,
    byteLength: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await -- bytes in memory take the interface of bytes elsewhere
    async *read(start = 0) {
      yield bytes.subarray(start);
    },
  };
}

function encoded(dtype: 'F32' | 'BF16', values: Float32Array): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.slice().buffer);
  // bfloat16 is the upper half of a float32.
  return new Uint8Array(
    Uint16Array.from(new Uint32Array(values.slice().buffer), (bits) => bits >>> 16).buffer,
  );
}

/** Revisions at these steps, each with weights of its own. */
export async function publish(
  steps: readonly number[],
  options: FilesOptions = {},
): Promise<ServedRevision[]> {
  return Promise.all(
    steps.map(async (step) => ({
      name: `step${step}`,
      files: await modelFiles({ seed: step + 1, ...options }),
    })),
  );
}

/** The spec that imports these steps of `publish`. */
export function importOf(
  hub: string,
  steps: readonly number[],
  change: Record<string, unknown> = {},
): ImportSpec {
  const revisions = steps.map((step) => ({
    name: `step${step}`,
    commit: commitOf(`step${step}`),
    step,
    tokens: step * 2048,
  }));
  return importSchema.parse({ kind: 'import', hub, repository, revisions, ...change });
}
