/**
 * A tensor that can be read as a stream: the one form in which weights come from files, the hub, the GPU and
 * checkpoints, and go to them. Nothing is read before `read` is iterated, so a model need never be whole in memory.
 *
 * Bytes are little-endian, as in safetensors and torch files, and as on every platform that runs WebGPU.
 */
import { floatWidths, widen, type Dtype } from './dtype.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

export interface TensorHeader {
  /** Public state-dict name. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

export interface TensorSource extends TensorHeader {
  /** Length of the whole tensor in bytes. */
  readonly byteLength: number;
  /**
   * The row-major bytes from byte `start` on, in pieces of any size. A piece is only to be read, and only until the
   * next is asked for.
   */
  read(start?: number): AsyncIterable<Uint8Array>;
  /**
   * Bytes `start` to `end` as a part of a file. Only tensors that lie in a file on this machine, in one piece, have it.
   * The browser stores such a part by copying from file to file: a fifth of the processor time that it takes to store
   * bytes of this page, and none of its memory.
   */
  readonly filePart?: (start: number, end: number) => Promise<Blob>;
}

/** A tensor in a file, of which any range of bytes can be read. */
export interface StoredTensor extends TensorSource {
  /** As of any source, but only up to byte `end`. */
  read(start?: number, end?: number): AsyncIterable<Uint8Array>;
}

export interface Float32Tensor {
  readonly shape: readonly number[];
  /** Row-major, product of `shape` elements. */
  readonly data: Float32Array;
}

/** A tensor in memory as a source. `data` is read when the source is: do not change it before. */
export function float32Source(name: string, { shape, data }: Float32Tensor): TensorSource {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== data.length) {
    throw new RangeError(
      `float32Source: ${name} has the wrong length, got ${data.length} values, ` +
        `expected ${count} for shape [${shape.join(', ')}]`,
    );
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return {
    name,
    dtype: 'F32',
    shape,
    byteLength: bytes.length,
    read: (start = 0) => once(bytes.subarray(start)),
  };
}

/** A flat record of tensors as sources, in the record's own order. */
export function float32Sources(tensors: Readonly<Record<string, Float32Tensor>>): TensorSource[] {
  return Object.entries(tensors).map(([name, tensor]) => float32Source(name, tensor));
}

/**
 * The whole tensor as float32; F16, BF16 and F64 are converted.
 * @throws TypeError for a dtype that is not a floating-point one, RangeError when the source yields a wrong length
 */
export async function toFloat32(source: TensorSource): Promise<Float32Array<ArrayBuffer>> {
  if (floatWidths[source.dtype] === undefined) {
    throw new TypeError(`toFloat32: ${source.name} has no floating-point dtype, got ${source.dtype}`);
  }
  return widen(source.dtype, await readBytes(source));
}

/** The whole tensor's bytes in a buffer of their own. */
export async function readBytes(source: TensorSource): Promise<Bytes> {
  const bytes = new Uint8Array(source.byteLength);
  let filled = 0;
  for await (const piece of source.read()) {
    if (filled + piece.length > bytes.length) throw wrongLength(source, filled + piece.length);
    bytes.set(piece, filled);
    filled += piece.length;
  }
  if (filled !== bytes.length) throw wrongLength(source, filled);
  return bytes;
}

/** The error for a source that yields more or fewer bytes than it promised. */
export function wrongLength(source: TensorSource, got: number): RangeError {
  return new RangeError(
    `read: tensor ${source.name} has the wrong length, got ${got} bytes so far, expected ${source.byteLength}`,
  );
}

// eslint-disable-next-line @typescript-eslint/require-await -- bytes in memory take the interface of bytes elsewhere
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
