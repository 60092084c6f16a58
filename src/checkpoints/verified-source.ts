/** A file whose bytes are hashed as they are first read, front to back, and held against what its source says of them. */
import { createSHA256 } from 'hash-wasm';
import type { ByteSource, NamedFile } from './byte-source.ts';
import { WeightFileError } from './errors.ts';

/**
 * The same bytes; the read that completes them throws WeightFileError when their SHA-256 is another. What is skipped
 * or was read in an earlier life leaves the hash incomplete, and nothing is claimed of it: ranges and lengths still are.
 * A read may be asked for before the one before has arrived; they are hashed in the order in which they were asked for.
 * @param expected SHA-256 of the file, 64 hex digits
 */
export function verifiedSource({ name, bytes }: NamedFile, expected: string): ByteSource {
  // WebAssembly: the browser's own hash wants the whole file at once, and hashing in JavaScript was slower than a disk.
  const hashing = createSHA256();
  let hashed = 0;
  const judge = async (start: number, buffer: ArrayBuffer): Promise<ArrayBuffer> => {
    const end = start + buffer.byteLength;
    if (start > hashed || end <= hashed) return buffer;
    const hash = await hashing;
    hash.update(new Uint8Array(buffer, hashed - start));
    hashed = end;
    if (hashed < bytes.size) return buffer;
    const got = hash.digest();
    if (got === expected) return buffer;
    throw new WeightFileError(
      name,
      null,
      `its bytes are not those that the hub vouches for, got SHA-256 ${got}, expected ${expected}; import it again`,
    );
  };
  let last: Promise<unknown> = Promise.resolve();
  const read = (start: number, end: number): Promise<ArrayBuffer> => {
    const asked = bytes.slice(start, end).arrayBuffer();
    const judged = Promise.allSettled([asked, last]).then(async () => judge(start, await asked));
    last = judged;
    return judged;
  };
  return { size: bytes.size, slice: (start, end) => ({ arrayBuffer: () => read(start, end) }) };
}
