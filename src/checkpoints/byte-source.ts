/** Bytes that are read by ranges: a File, a Blob of the hub that fetches what is sliced, a file on a disk. */
import { WeightFileError } from './errors.ts';
import type { Bytes } from './tensor-source.ts';

export interface ByteSource {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A weight file: its name, for errors, and its bytes. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: ByteSource;
}

/** Large reads are split into these, so that a tensor is never whole in memory twice. */
const readBytesAtOnce = 2 ** 22;

/**
 * The bytes from `start` up to `end`.
 * @throws WeightFileError when they lie outside the file or the source answers with another number of bytes
 */
export async function readRange(file: NamedFile, start: number, end: number): Promise<Bytes> {
  const { size } = file.bytes;
  if (!(start >= 0 && start <= end && end <= size)) {
    throw new WeightFileError(
      file.name,
      null,
      `ends too early, got ${size} bytes, expected bytes ${start} to ${end}`,
    );
  }
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

/** The bytes from `start` up to `end` in pieces, one read ahead so that reading and what is done with it overlap. */
export async function* readPieces(file: NamedFile, start: number, end: number): AsyncGenerator<Bytes> {
  const pieceAt = (at: number): Promise<Bytes> => {
    const piece = readRange(file, at, Math.min(end, at + readBytesAtOnce));
    // Thrown where it is awaited, unless the reader has stopped before.
    piece.catch(() => {});
    return piece;
  };
  if (start >= end) return;
  let next = pieceAt(start);
  for (let at = start; at < end; at += readBytesAtOnce) {
    const piece = await next;
    if (at + readBytesAtOnce < end) next = pieceAt(at + readBytesAtOnce);
    yield piece;
  }
}
