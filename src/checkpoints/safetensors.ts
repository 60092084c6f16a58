/** Reading safetensors files by ranges, and writing them as a stream. */
import { partsOf, readPieces, type NamedFile } from './byte-source.ts';
import { itemSizes } from './dtype.ts';
import { readSafetensorsHeader } from './safetensors-header.ts';
import { wrongLength, type StoredTensor, type TensorSource } from './tensor-source.ts';

/**
 * Opens a safetensors file: reads its header and nothing else. The tensors come in the order of their bytes, so that
 * reading them one after the other reads the file from front to back.
 * @throws WeightFileError
 */
export async function openSafetensors(file: NamedFile): Promise<StoredTensor[]> {
  const entries = await readSafetensorsHeader(file);
  const part = partsOf(file);
  return entries.map(({ name, dtype, shape, start, end }) => ({
    name,
    dtype,
    shape,
    byteLength: end - start,
    read: (from = 0, to = end - start) => readPieces(file, start + from, start + to),
    ...(part && { filePart: (from: number, to: number) => Promise.resolve(part(start + from, start + to)) }),
  }));
}

export interface SafetensorsFile {
  /** Bytes of the whole file. */
  readonly size: number;
  /** The file's bytes, read from the tensors while it is iterated. */
  readonly stream: () => AsyncIterable<Uint8Array>;
}

/**
 * Lays tensors out as a safetensors file. The header is padded so that the data begin at a multiple of 8, and larger
 * elements come first, so that every tensor lies at a multiple of its element size.
 * @param metadata strings for `__metadata__`; transformers refuses a file without `format`
 */
export function writeSafetensors(
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): SafetensorsFile {
  const ordered = tensors.toSorted((a, b) => itemSizes[b.dtype] - itemSizes[a.dtype]);
  const header = headerBytes(ordered, metadata);
  const size = ordered.reduce((sum, tensor) => sum + tensor.byteLength, header.length);
  return {
    size,
    async *stream() {
      yield header;
      for (const tensor of ordered) yield* exactly(tensor);
    },
  };
}

function headerBytes(
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, dtype, shape, byteLength }) => {
    const begin = offset;
    offset += byteLength;
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const;
  });
  const names = new Set(entries.map(([name]) => name));
  if (names.size < entries.length) throw new TypeError('writeSafetensors: two tensors have one name');
  const json = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries])),
  );
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

/** A tensor's bytes, checked against its shape: one byte too many would shift every tensor after it. */
async function* exactly(tensor: TensorSource): AsyncGenerator<Uint8Array> {
  let got = 0;
  for await (const piece of tensor.read()) {
    got += piece.length;
    if (got > tensor.byteLength) throw wrongLength(tensor, got);
    yield piece;
  }
  if (got !== tensor.byteLength) throw wrongLength(tensor, got);
}
