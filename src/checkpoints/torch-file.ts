/**
 * Reading PyTorch's `.bin` and `.pt` files (torch.save since 1.6): a zip archive with a pickle that names tensors and
 * one stored file per storage. Only the directory and the pickle are read on opening; tensors are read by ranges.
 */
import { partsOf, readPieces, readRange, type NamedFile } from './byte-source.ts';
import { byteLength, itemSizes } from './dtype.ts';
import { WeightFileError } from './errors.ts';
import { readPickle } from './pickle.ts';
import { tensorNameProblem } from './tensor-name.ts';
import { gather, isContiguous } from './strided.ts';
import type { StoredTensor } from './tensor-source.ts';
import { TensorBuilder, TorchTensor } from './torch-tensor.ts';
import { locateEntry, readZipDirectory, type ZipEntry } from './zip-directory.ts';

/** The pickle of a model of 10,000 tensors is about 2 MB. */
const maxPickleBytes = 2 ** 24;

interface Archive {
  readonly file: NamedFile;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The folder that all entries share, with its slash. */
  readonly root: string;
}

/**
 * Opens a torch file. The tensors are those of the saved dict, or of the one dict in it (`state_dict`, `model`), in
 * its order; values that are no tensors are left out.
 * @throws WeightFileError; UnsafePickleError when the pickle asks for anything but tensors
 */
export async function openTorchFile(file: NamedFile): Promise<StoredTensor[]> {
  await refuseOldFormats(file);
  const archive = await openArchive(file);
  const pickle = await readWhole(archive, 'data.pkl', maxPickleBytes);
  const tensors = stateDict(file, readPickle(pickle, new TensorBuilder(file.name)));
  return tensors.map(([name, tensor]) => tensorSource(archive, name, tensor));
}

/** Files from before torch 1.6 begin with a pickled magic number, or are tar archives. */
async function refuseOldFormats(file: NamedFile): Promise<void> {
  const head = await readRange(file, 0, Math.min(file.bytes.size, 512));
  const begins = (at: number, ...bytes: number[]): boolean =>
    bytes.every((byte, index) => head[at + index] === byte);
  const convert = 'load it in PyTorch and save it again, or convert it to safetensors';
  if (begins(0, 0x80, 0x02, 0x8a, 0x0a))
    throw fault(file, `the legacy torch format of before version 1.6; ${convert}`);
  if (begins(257, 0x75, 0x73, 0x74, 0x61, 0x72)) throw fault(file, `the legacy torch tar format; ${convert}`);
  if (!begins(0, 0x50, 0x4b)) throw fault(file, 'not a zip archive as torch.save writes it');
}

async function openArchive(file: NamedFile): Promise<Archive> {
  const entries = await readZipDirectory(file);
  const pickles = [...entries.keys()].filter(
    (name) => name === 'data.pkl' || /^[^/]+\/data\.pkl$/.test(name),
  );
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) {
    throw fault(file, `not a file of torch.save, got ${pickles.length} entries data.pkl, expected one`);
  }
  const archive = { file, entries, root: pickle.slice(0, -'data.pkl'.length) };
  if (entries.has(`${archive.root}constants.pkl`)) {
    throw fault(file, 'a TorchScript program, expected a state dict; save model.state_dict() instead');
  }
  if (entries.has(`${archive.root}byteorder`)) {
    const order = new TextDecoder().decode(await readWhole(archive, 'byteorder', 16));
    if (order !== 'little')
      throw fault(file, `its bytes are in the wrong order, got ${order}, expected little`);
  }
  return archive;
}

function stateDict(file: NamedFile, value: unknown): [string, TorchTensor][] {
  if (!(value instanceof Map))
    throw fault(file, 'it holds no dict of tensors; save model.state_dict() instead');
  const direct = namedTensors(file, value);
  if (direct.length > 0) return direct;
  const nested = [...value.values()]
    .filter((inner) => inner instanceof Map)
    .map((inner) => namedTensors(file, inner))
    .filter((tensors) => tensors.length > 0);
  if (nested.length === 1) return nested[0]!;
  throw fault(file, `got ${nested.length} dicts of tensors, expected one; save model.state_dict() alone`);
}

function namedTensors(file: NamedFile, dict: ReadonlyMap<unknown, unknown>): [string, TorchTensor][] {
  const tensors: [string, TorchTensor][] = [];
  for (const [name, value] of dict) {
    if (!(value instanceof TorchTensor)) continue;
    if (typeof name !== 'string') throw fault(file, `it names a tensor by ${typeof name}, expected a string`);
    const problem = tensorNameProblem(name);
    if (problem !== null) throw new WeightFileError(file.name, name, problem);
    tensors.push([name, value]);
  }
  return tensors;
}

function tensorSource(archive: Archive, name: string, tensor: TorchTensor): StoredTensor {
  const { file, entries, root } = archive;
  const { storage, shape } = tensor;
  const entry = entries.get(`${root}data/${storage.key}`);
  if (!entry) throw new WeightFileError(file.name, name, `its storage data/${storage.key} is missing`);
  const expected = storage.length * itemSizes[storage.dtype];
  if (entry.size !== expected) {
    throw new WeightFileError(file.name, name, `its storage has ${entry.size} bytes, expected ${expected}`);
  }
  const length = byteLength(storage.dtype, shape)!;
  const part = partsOf(file);
  const filePart = async (from: number, to: number): Promise<Blob> => {
    const first = await firstByte(file, entry, tensor);
    return part!(first + from, first + to);
  };
  return {
    name,
    dtype: storage.dtype,
    shape,
    byteLength: length,
    read: (start = 0, end = length) => readTensor(archive.file, entry, tensor, start, end),
    ...(part && isContiguous(tensor) && { filePart }),
  };
}

async function firstByte(
  file: NamedFile,
  entry: ZipEntry,
  { storage, offset }: TorchTensor,
): Promise<number> {
  const { start } = await locateEntry(file, entry);
  return start + offset * itemSizes[storage.dtype];
}

async function* readTensor(
  file: NamedFile,
  entry: ZipEntry,
  tensor: TorchTensor,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  const itemSize = itemSizes[tensor.storage.dtype];
  const first = await firstByte(file, entry, tensor);
  if (isContiguous(tensor)) {
    yield* readPieces(file, first + from, first + to);
    return;
  }
  // Elements in another order than they lie in: the part of the storage that holds them is read as a whole.
  const last = tensor.shape.reduce((sum, size, axis) => sum + (size - 1) * tensor.strides[axis]!, 0);
  const span = from === to ? new Uint8Array(0) : await readRange(file, first, first + (last + 1) * itemSize);
  yield gather(span, tensor, itemSize).subarray(from, to);
}

async function readWhole(archive: Archive, name: string, limit: number): Promise<Uint8Array> {
  const entry = archive.entries.get(archive.root + name)!;
  if (entry.size > limit) {
    throw fault(archive.file, `${name} is too long, got ${entry.size} bytes, expected at most ${limit}`);
  }
  const { start, end } = await locateEntry(archive.file, entry);
  return readRange(archive.file, start, end);
}

function fault(file: NamedFile, problem: string): WeightFileError {
  return new WeightFileError(file.name, null, problem);
}
