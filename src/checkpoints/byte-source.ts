/** Bytes that are read by ranges: a File, a Blob of the hub that fetches what is sliced, a file on a disk. */
import { WeightFileError } from './errors.ts';
import type { Bytes } from './tensor-source.ts';

export interface ByteSlice {
  arrayBuffer(): Promise<ArrayBuffer>;
  /** Of a file on this machine. Sources that may fail and ask again have none. */
  stream?(): ReadableStream<Uint8Array>;
}

export interface ByteSource {
  readonly size: number;
  slice(start: number, end: number): ByteSlice;
  /** The bytes from `start` up to `end` as a source that reads ahead has them; as `readPieces`. */
  pieces?(start: number, end: number): AsyncIterable<Bytes>;
}

/** A weight file: its name, for errors, and its bytes. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: ByteSource;
}

/** Cuts parts out of a file on this machine; undefined for other sources. */
export function partsOf({ bytes }: NamedFile): ((start: number, end: number) => Blob) | undefined {
  return bytes instanceof Blob ? (start, end) => bytes.slice(start, end) : undefined;
}

/** Large reads are split into these, so that a tensor is never whole in memory twice. */
const readBytesAtOnce = 2 ** 22;
/** A browser would hand a file over in crumbs of 100 kB. */
const minReadBytes = 2 ** 19;

/**
 * The bytes from `start` up to `end`.
 * @throws WeightFileError when they lie outside the file or the source answers with another number of bytes
 */
export async function readRange(file: NamedFile, start: number, end: number): Promise<Bytes> {
  requireBytes(file, start, end);
  if (start === end) return new Uint8Array(0);
  const bytes = new Uint8Array(await file.bytes.slice(start, end).arrayBuffer());
  if (bytes.length !== end - start) {
    throw new WeightFileError(
      file.name,
      null,
      `short read at byte ${start}, got ${bytes.length}, expected ${end - start}`,
    );
  }
  return bytes;
}

function requireBytes({ name, bytes: { size } }: NamedFile, start: number, end: number): void {
  if (start >= 0 && start <= end && end <= size) return;
  throw new WeightFileError(
    name,
    null,
    `ends too early, got ${size} bytes, expected bytes ${start} to ${end}`,
  );
}

/**
 * The bytes from `start` up to `end` in pieces, the next being read while one is used. A piece is gone when the next is
 * asked for.
 */
export async function* readPieces(file: NamedFile, start: number, end: number): AsyncGenerator<Bytes> {
  if (start >= end) return;
  requireBytes(file, start, end);
  if (file.bytes.pieces) {
    yield* file.bytes.pieces(start, end);
    return;
  }
  const stream = file.bytes.slice(start, end).stream?.();
  if (stream) yield* streamedPieces(file, stream, end - start);
  else yield* askedPieces(file, start, end);
}

async function* askedPieces(file: NamedFile, start: number, end: number): AsyncGenerator<Bytes> {
  const pieceAt = (at: number): Promise<Bytes> => {
    const piece = readRange(file, at, Math.min(end, at + readBytesAtOnce));
    // Thrown where it is awaited, unless the reader has stopped before.
    piece.catch(() => {});
    return piece;
  };
  let next = pieceAt(start);
  for (let at = start; at < end; at += readBytesAtOnce) {
    const piece = await next;
    if (at + readBytesAtOnce < end) next = pieceAt(at + readBytesAtOnce);
    yield piece;
  }
}

/**
 * All through one buffer, which goes to and fro between the stream and us: buffers of their own would be garbage that
 * is collected dozens of pieces later.
 */
async function* streamedPieces(
  file: NamedFile,
  stream: ReadableStream<Uint8Array>,
  length: number,
): AsyncGenerator<Bytes> {
  const reader = stream.getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(Math.min(readBytesAtOnce, length));
  let got = 0;
  try {
    for (;;) {
      // One byte more than there should be, to see the end.
      const space = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, length - got) || 1);
      const { value, done } = await reader.read(space, { min: Math.min(minReadBytes, space.length) });
      got += value?.length ?? 0;
      if (done ? got < length : got > length)
        throw new WeightFileError(file.name, null, `short read, got ${got} bytes, expected ${length}`);
      if (done) return;
      yield value;
      buffer = value.buffer;
    }
  } finally {
    // For a reader that stops before the end; a stream that has failed has said so already.
    await reader.cancel().catch(() => {});
  }
}
