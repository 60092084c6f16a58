/** A file whose bytes are hashed as they are first read, front to back, and held against what its source says of them. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ByteSource, NamedFile } from './byte-source.ts';
import { WeightFileError } from './errors.ts';

/**
 * The same bytes; the read that completes them throws WeightFileError when their SHA-256 is another. What is skipped
 * or was read in an earlier life leaves the hash incomplete, and nothing is claimed of it: ranges and lengths still are.
 * @param expected SHA-256 of the file, 64 hex digits
 */
export function verifiedSource({ name, bytes }: NamedFile, expected: string): ByteSource {
  const hash = sha256.create();
  let hashed = 0;
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const buffer = await bytes.slice(start, end).arrayBuffer();
    if (start > hashed || start + buffer.byteLength <= hashed) return buffer;
    hash.update(new Uint8Array(buffer, hashed - start));
    hashed = start + buffer.byteLength;
    if (hashed < bytes.size) return buffer;
    const got = bytesToHex(hash.digest());
    if (got === expected) return buffer;
    throw new WeightFileError(
      name,
      null,
      `its bytes are not those that the hub vouches for, got SHA-256 ${got}, expected ${expected}; import it again`,
    );
  };
  return { size: bytes.size, slice: (start, end) => ({ arrayBuffer: () => read(start, end) }) };
}
