/** The files of a repository as somebody might have published it: made weights, a config, a tokenizer. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/checkpoints/safetensors.ts';
import type { TensorSource } from '../../src/checkpoints/tensor-source.ts';
import { modelFromConfig } from '../../src/experiments/model-from-spec.ts';
import { formOf } from '../../src/experiments/published-form.ts';
import type { ParameterSpec } from '../../src/models/family.ts';
import { RandomStream } from '../../src/random/random-stream.ts';
import { trainByteLevelBpe } from '../../src/tokenizers/byte-level-bpe-trainer.ts';
import type { Published } from './subjects.ts';

/** Some text to learn from. */
export const prose = Array.from(
  { length: 120 },
  (_, line) =>
    `Line ${line} of the notes: the ${(line * 37) % 101} whales swam ${'on and '.repeat(line % 4)}on.`,
).join('\n');

export interface GivenFile {
  readonly name: string;
  readonly file: Blob;
}

/** The files of a folder on the disk. */
export async function filesOf(folder: string): Promise<GivenFile[]> {
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (name) => ({ name, file: new Blob([await readFile(join(folder, name))]) })),
  );
}

export async function publishedFiles(published: Published): Promise<GivenFile[]> {
  const { config, files = {} } = published;
  const tokenizer = published.tokenizer ?? (await trainByteLevelBpe([prose], { vocabularySize: 297 }));
  const texts = { 'config.json': config, 'tokenizer.json': tokenizer, ...files };
  return [
    ...Object.entries(texts).map(([name, value]) => ({ name, file: new Blob([JSON.stringify(value)]) })),
    { name: 'model.safetensors', file: await weights(published) },
  ];
}

/** Weights under the names that the config's form has for them. */
async function weights({ config: json, dtype = 'F32', prefix = '' }: Published): Promise<Blob> {
  const form = formOf(json);
  const { family, config } = modelFromConfig(form.translate(json));
  const tensors = form.holdings(family.parameters(config)).map(({ name, parts }) => {
    const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
    const shape = [rows, ...parts[0]!.shape.slice(1)];
    return tensor({ ...parts[0]!, name: prefix + name, shape }, dtype);
  });
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of writeSafetensors(tensors).stream()) pieces.push(new Uint8Array(piece));
  return new Blob(pieces);
}

/** Random weights of which every one matters: no bias is zero, no gain is one. */
function tensor({ name, shape, init }: ParameterSpec, dtype: 'F32' | 'BF16'): TensorSource {
  const stream = new RandomStream(4, name);
  const center = init.kind === 'constant' ? init.value : 0;
  const spread = shape.length > 1 ? 1.7 * shape.at(-1)! ** -0.5 : 0.3;
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from(
    { length: count },
    (_, i) => center + spread * (2 * stream.uniform(i) - 1),
  );
  const bits = new Uint32Array(values.buffer);
  // bfloat16 is the upper half of a float32.
  const stored = dtype === 'F32' ? values : Uint16Array.from(bits, (word) => word >>> 16);
  const bytes = new Uint8Array(stored.buffer);
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
