/**
 * The weights of a model in a folder, wherever it is (dropped files, the hub): one file or several with an index,
 * safetensors first, torch files where there are no others.
 */
import { readRange, type ByteSource, type NamedFile } from './byte-source.ts';
import { duplicateKey } from './duplicate-key.ts';
import { WeightFileError } from './errors.ts';
import { openSafetensors } from './safetensors.ts';
import type { StoredTensor } from './tensor-source.ts';
import { fileNameProblem } from './tensor-name.ts';
import { openTorchFile } from './torch-file.ts';

/** An index of 10,000 tensors is about 1 MB. */
const maxIndexBytes = 2 ** 25;

export interface ModelFolder {
  /** Names of the files in it. */
  readonly names: readonly string[];
  /** Opens one of `names`. Nothing should be read before it is asked for. */
  open(name: string): Promise<ByteSource>;
}

/** A tensor, and the file that it is in. */
export interface FileTensor extends StoredTensor {
  readonly file: string;
}

const layouts = [
  { single: 'model.safetensors', index: 'model.safetensors.index.json', open: openSafetensors },
  { single: 'pytorch_model.bin', index: 'pytorch_model.bin.index.json', open: openTorchFile },
];

/** The files of the folder that hold its weights. Throws when there are none that can be read. */
export async function weightFileNames(folder: ModelFolder): Promise<string[]> {
  const { names } = await findWeights(folder);
  return names;
}

/**
 * Opens the weights of a folder: reads headers and indices, no tensor. They come file by file, in each file's order.
 * @throws WeightFileError naming the file and the tensor at fault
 */
export async function openWeights(folder: ModelFolder): Promise<FileTensor[]> {
  const { names, open, index } = await findWeights(folder);
  const found = new Map<string, FileTensor>();
  for (const name of names) {
    for (const tensor of await open({ name, bytes: await folder.open(name) })) {
      const home = index?.map.get(tensor.name);
      if (found.has(tensor.name)) throw new WeightFileError(name, tensor.name, 'stands in another file too');
      if (index && home !== name) {
        const expected = home === undefined ? 'no such tensor' : `it in ${home}`;
        throw new WeightFileError(name, tensor.name, `is not where ${index.name} says, expected ${expected}`);
      }
      found.set(tensor.name, { ...tensor, file: name });
    }
  }
  for (const [tensor, file] of index?.map ?? []) {
    if (!found.has(tensor))
      throw new WeightFileError(file, tensor, `missing, though ${index!.name} names it`);
  }
  return [...found.values()];
}

interface Weights {
  readonly names: string[];
  readonly open: (file: NamedFile) => Promise<StoredTensor[]>;
  readonly index?: { readonly name: string; readonly map: ReadonlyMap<string, string> };
}

async function findWeights(folder: ModelFolder): Promise<Weights> {
  for (const { single, index, open } of layouts) {
    if (folder.names.includes(single)) return { names: [single], open };
    if (!folder.names.includes(index)) continue;
    const map = await readIndex({ name: index, bytes: await folder.open(index) });
    const names = [...new Set(map.values())].sort();
    const missing = names.find((name) => !folder.names.includes(name));
    if (missing !== undefined) throw new WeightFileError(missing, null, `missing, though ${index} names it`);
    return { names, open, index: { name: index, map } };
  }
  throw new WeightFileError(
    'model.safetensors',
    null,
    `missing, got ${folder.names.slice(0, 20).join(', ') || 'an empty folder'}, ` +
      `expected ${layouts.flatMap(({ single, index }) => [single, index]).join(', ')}`,
  );
}

/** The `weight_map` of an index: tensor → file. */
async function readIndex(file: NamedFile): Promise<Map<string, string>> {
  if (file.bytes.size > maxIndexBytes) {
    throw new WeightFileError(
      file.name,
      null,
      `too long, got ${file.bytes.size} bytes, expected ≤ ${maxIndexBytes}`,
    );
  }
  const text = new TextDecoder().decode(await readRange(file, 0, file.bytes.size));
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw new WeightFileError(file.name, null, `not valid JSON (${String(cause)})`, cause);
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null)
    throw new WeightFileError(file.name, null, 'has no weight_map');
  const duplicate = duplicateKey(text);
  if (duplicate !== null) throw new WeightFileError(file.name, duplicate, 'stands twice in the index');
  const entries = new Map<string, string>();
  for (const [tensor, name] of Object.entries(map)) {
    const problem = typeof name === 'string' ? fileNameProblem(name) : 'names no file';
    if (problem !== null) throw new WeightFileError(file.name, tensor, problem);
    entries.set(tensor, name as string);
  }
  return entries;
}
