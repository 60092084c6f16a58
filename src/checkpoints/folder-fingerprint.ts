/** What identifies files of one's own by all their bytes, as a commit identifies those of a hub. */
import { hashShard, maxShardBytes } from './shards.ts';

/** SHA-256, 64 hex digits, over names, lengths and the hash of every 16 MiB: nothing is ever whole in memory. */
export async function folderFingerprint(files: ReadonlyMap<string, Blob>): Promise<string> {
  const entries: [string, number, string[]][] = [];
  for (const [name, blob] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const hashes: string[] = [];
    for (let at = 0; at < blob.size; at += maxShardBytes) {
      hashes.push(await hashShard(new Uint8Array(await blob.slice(at, at + maxShardBytes).arrayBuffer())));
    }
    entries.push([name, blob.size, hashes]);
  }
  return hashShard(new TextEncoder().encode(JSON.stringify(entries)));
}
