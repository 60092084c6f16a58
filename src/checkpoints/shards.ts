/**
 * Content-addressed shards: a shard's address is the SHA-256 of its bytes, so equal bytes are stored once however
 * many checkpoints hold them, and every read can be verified.
 *
 * A shard lives while a manifest or a pending write names it. Both stores index their shards, so what is unused is
 * found without reading a byte of weights.
 */
import { transact, type Database, type Transaction } from './database.ts';
import { CorruptShardError } from './errors.ts';
import type { Bytes } from './tensor-source.ts';
import { forgetExpired } from './write-notes.ts';

/** 8 MiB: large enough to be fast, small enough that several copies in memory (filled, hashed, written) do not matter. */
export const maxShardBytes = 2 ** 23;

/** The address of these bytes: SHA-256, 64 hex digits. */
export async function hashShard(bytes: Bytes): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A shard's bytes, verified.
 * @throws CorruptShardError when it is missing or its bytes have changed
 */
export async function readShard(database: Database, shard: string): Promise<Bytes> {
  const stored = await database.get('shards', shard);
  if (stored === undefined) throw new CorruptShardError(shard, 'nothing');
  const bytes = await bytesOf(stored).catch((cause: unknown) => {
    throw new CorruptShardError(shard, `an unreadable entry (${String(cause)})`);
  });
  const hash = await hashShard(bytes);
  if (hash !== shard) throw new CorruptShardError(shard, `${bytes.length} bytes with SHA-256 ${hash}`);
  return bytes;
}

async function bytesOf(stored: Bytes | Blob): Promise<Bytes> {
  return stored instanceof Blob ? new Uint8Array(await stored.arrayBuffer()) : stored;
}

/** The stores that hold shards and say which are used. */
export const shardStores = ['checkpoints', 'shards', 'sizes', 'writes'] as const;

/** A transaction over `shardStores`, and perhaps others. */
export type ShardTransaction = Pick<Transaction<(typeof shardStores)[number]>, 'objectStore'>;

/** Deletes those of `shards` that no manifest and no pending write names any more. Returns how many. */
export async function freeShards(transaction: ShardTransaction, shards: Iterable<string>): Promise<number> {
  const inManifests = transaction.objectStore('checkpoints').index('shard');
  const inWrites = transaction.objectStore('writes').index('shard');
  const stored = transaction.objectStore('shards');
  let freed = 0;
  for (const shard of new Set(shards)) {
    if ((await inManifests.getKey(shard)) !== undefined) continue;
    if ((await inWrites.getKey(shard)) !== undefined) continue;
    await stored.delete(shard);
    await transaction.objectStore('sizes').delete(shard);
    freed++;
  }
  return freed;
}

/**
 * Removes what killed writes left behind: pending writes past their time, and every shard that nothing names.
 * Run it when the app starts; it is safe beside writes in this and other tabs.
 * @param now milliseconds since 1970
 * @returns how many shards were freed
 */
export async function sweepShards(database: Database, now: number = Date.now()): Promise<number> {
  return transact(database, shardStores, async (transaction) => {
    await forgetExpired(transaction, now);
    return freeShards(transaction, await transaction.objectStore('shards').getAllKeys());
  });
}
