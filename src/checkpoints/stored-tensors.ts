/** Tensors read back from shards, every shard verified. */
import type { Database } from './database.ts';
import { byteLength } from './dtype.ts';
import { CorruptShardError } from './errors.ts';
import type { TensorEntry } from './manifest.ts';
import { readShard } from './shards.ts';
import type { Bytes, TensorSource } from './tensor-source.ts';

/** One shard of packed small tensors and one of a large tensor: enough to read no shard twice in a row. */
const keptShards = 2;

/** A manifest's tensors as sources that share a small cache of verified shards. */
export function storedTensors(database: Database, entries: readonly TensorEntry[]): TensorSource[] {
  const shards = new ShardCache(database);
  return entries.map(({ name, dtype, shape, parts }) => ({
    name,
    dtype,
    shape,
    byteLength: byteLength(dtype, shape)!,
    read: (start = 0) => readParts(shards, parts, start),
  }));
}

async function* readParts(
  shards: ShardCache,
  parts: TensorEntry['parts'],
  start: number,
): AsyncGenerator<Uint8Array> {
  let skip = start;
  for (const { shard, offset, length } of parts) {
    const skipped = Math.min(skip, length);
    skip -= skipped;
    if (skipped === length) continue;
    const bytes = await shards.read(shard);
    if (offset + length > bytes.length) {
      throw new CorruptShardError(shard, `${bytes.length} bytes where a tensor ends at ${offset + length}`);
    }
    yield bytes.subarray(offset + skipped, offset + length);
  }
}

class ShardCache {
  /** In the order of use, the oldest first. */
  readonly #kept = new Map<string, Bytes>();

  constructor(private readonly database: Database) {}

  async read(shard: string): Promise<Bytes> {
    const kept = this.#kept.get(shard);
    const bytes = kept ?? (await readShard(this.database, shard));
    this.#kept.delete(shard);
    this.#kept.set(shard, bytes);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keptShards) break;
      this.#kept.delete(oldest);
    }
    return bytes;
  }
}
