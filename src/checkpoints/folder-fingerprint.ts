/** What identifies files of one's own by all their bytes, as a commit identifies those of a hub. */
import { readPieces } from './byte-source.ts';
import { hashShard, maxShardBytes } from './shards.ts';
import type { Bytes } from './tensor-source.ts';

/** SHA-256, 64 hex digits, over names, lengths and the hash of every 8 MiB: nothing is ever whole in memory. */
export async function folderFingerprint(files: ReadonlyMap<string, Blob>): Promise<string> {
  const entries: [string, number, string[]][] = [];
  const buffer = new Uint8Array(maxShardBytes);
  for (const [name, blob] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    entries.push([name, blob.size, await partHashes(name, blob, buffer)]);
  return hashShard(new TextEncoder().encode(JSON.stringify(entries)));
}

/** Through one buffer: hashing begins with a copy of it. */
async function partHashes(name: string, blob: Blob, buffer: Bytes): Promise<string[]> {
  const hashes: Promise<string>[] = [];
  let filled = 0;
  for await (const piece of readPieces({ name, bytes: blob }, 0, blob.size)) {
    for (let taken = 0; taken < piece.length;) {
      const part = piece.subarray(taken, taken + buffer.length - filled);
      buffer.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled < buffer.length) continue;
      filled = 0;
      // One hash under way beside the reading.
      await hashes.at(-1);
      hashes.push(hashShard(buffer));
    }
  }
  if (filled > 0) hashes.push(hashShard(buffer.subarray(0, filled)));
  return Promise.all(hashes);
}
