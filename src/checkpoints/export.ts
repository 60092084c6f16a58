/**
 * A model as the zip that transformers loads by `from_pretrained`: config, weights (in several files with an index
 * above 2 GiB), tokenizer and model card. Everything is streamed: the weights are read while the zip is.
 */
import { makeZip, predictLength } from 'client-zip';
import { exportedConfig } from './exported-config.ts';
import type { Json } from './manifest.ts';
import { writeSafetensors } from './safetensors.ts';
import type { TensorSource } from './tensor-source.ts';
import { jsonText, tokenizerFiles, type TokenizerExport } from './tokenizer-files.ts';

/** Files above this cannot be read whole by many tools. */
const maxFileBytes = 2 ** 31;

export interface ModelExport {
  /** config.json as transformers has it; `architectures` and `model_type` decide which class loads it. */
  readonly config: Json;
  readonly weights: readonly TensorSource[];
  readonly tokenizer?: TokenizerExport;
  /** generation_config.json, where the model came with one. */
  readonly generation?: Json;
  /** README.md, see `modelCard`. */
  readonly card: string;
  /** Written into the zip, so that the same export has the same bytes. */
  readonly modified: Date;
}

export interface ExportedFile {
  readonly name: string;
  readonly size: number;
  readonly stream: () => AsyncIterable<Uint8Array>;
}

/**
 * The files of the folder.
 * @param fileBytes weights are split into files of at most this many bytes of tensors, where tensors allow it
 */
export function exportFiles(model: ModelExport, fileBytes = maxFileBytes): ExportedFile[] {
  const texts = {
    'README.md': model.card,
    'config.json': exportedConfig(model.config, model.weights),
    ...(model.generation !== undefined && { 'generation_config.json': jsonText(model.generation) }),
    ...(model.tokenizer && tokenizerFiles(model.tokenizer)),
  };
  return [
    ...Object.entries(texts).map(([name, text]) => textFile(name, text)),
    ...weightFiles(model.weights, fileBytes),
  ];
}

/** The folder as a zip of stored files, and its size in bytes. */
export function exportZip(
  model: ModelExport,
  fileBytes = maxFileBytes,
): { readonly size: number; readonly stream: ReadableStream<Uint8Array> } {
  const files = exportFiles(model, fileBytes);
  const lastModified = model.modified;
  const stream = makeZip(files.map(({ name, stream }) => ({ name, lastModified, input: stream() })));
  return { size: Number(predictLength(files.map(({ name, size }) => ({ name, size })))), stream };
}

function weightFiles(weights: readonly TensorSource[], fileBytes: number): ExportedFile[] {
  const groups = split(weights, fileBytes);
  if (groups.length === 1) return [{ name: 'model.safetensors', ...writeSafetensors(weights) }];
  const digits = (index: number): string => String(index).padStart(5, '0');
  const nameOf = (index: number): string =>
    `model-${digits(index + 1)}-of-${digits(groups.length)}.safetensors`;
  const files = groups.map((group, index) => ({ name: nameOf(index), ...writeSafetensors(group) }));
  const index = {
    metadata: { total_size: weights.reduce((sum, { byteLength }) => sum + byteLength, 0) },
    weight_map: Object.fromEntries(
      groups.flatMap((group, at) => group.map(({ name }) => [name, nameOf(at)])),
    ),
  };
  return [...files, textFile('model.safetensors.index.json', jsonText(index))];
}

/** Consecutive tensors in groups of at most `limit` bytes; a tensor larger than that has a group of its own. */
function split(weights: readonly TensorSource[], limit: number): TensorSource[][] {
  const groups: TensorSource[][] = [[]];
  let bytes = 0;
  for (const tensor of weights) {
    if (bytes > 0 && bytes + tensor.byteLength > limit) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)!.push(tensor);
    bytes += tensor.byteLength;
  }
  return groups;
}

function textFile(name: string, text: string): ExportedFile {
  const bytes = new TextEncoder().encode(text);
  return {
    name,
    size: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await -- text in memory takes the interface of weights
    async *stream() {
      yield bytes;
    },
  };
}
