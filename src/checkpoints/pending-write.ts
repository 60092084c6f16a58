/**
 * A checkpoint on its way into the database: its shards go in one by one, each in a transaction that also notes what
 * it holds, and the manifest last. Until then nobody sees the checkpoint, and the note keeps its shards from being
 * swept and says where an interrupted import goes on.
 */
import { transact, type Database } from './database.ts';
import { CorruptDataError } from './errors.ts';
import type { StoredManifest } from './manifest.ts';
import { freeShards, hashShard, readShard, shardStores } from './shards.ts';
import type { Bytes } from './tensor-source.ts';

export type Section = 'weights' | 'moments';

/** Where `length` bytes of a tensor, from its byte `start`, lie: at `offset` of `shard`. */
export interface Placement {
  readonly section: Section;
  readonly name: string;
  readonly start: number;
  readonly shard: string;
  readonly offset: number;
  readonly length: number;
}

export interface WriteRecord {
  readonly id: string;
  /** After this (milliseconds since 1970) the writer is taken for dead. */
  readonly expiresAt: number;
  readonly shards: readonly string[];
  readonly placements: readonly Placement[];
}

export class PendingWrite {
  /** The last shard handed over; hashing the next one goes on while it is being written. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    readonly database: Database,
    readonly id: string,
    /** Milliseconds without a new shard after which the write may be swept. */
    readonly keepFor: number,
    /** What an interrupted write of this id had already stored. */
    readonly restored: readonly Placement[],
  ) {}

  /** Starts a write, or takes up the one of this id that was interrupted. */
  static async open(database: Database, id: string, keepFor: number): Promise<PendingWrite> {
    const record = await transact(database, ['writes'], async (transaction) => {
      const store = transaction.objectStore('writes');
      const found = (await store.get(id)) ?? { id, shards: [], placements: [], expiresAt: 0 };
      await store.put({ ...found, expiresAt: Date.now() + keepFor });
      return found;
    });
    return new PendingWrite(database, id, keepFor, record.placements);
  }

  /**
   * Stores one shard, once however often it is put. Resolves when the shard may still be on its way: the next `put`
   * or `commit` waits for it, and reports its failure. The bytes are copied by then: their buffer may be filled anew.
   */
  async put(bytes: Bytes, contents: readonly Omit<Placement, 'shard'>[]): Promise<readonly Placement[]> {
    // Before any transaction is open: awaiting a hash inside one would close it.
    const shard = await hashShard(bytes);
    await this.#writing;
    const placements = contents.map((content) => ({ ...content, shard }));
    const handedOver = new Promise<void>((resolve) => {
      this.#writing = this.#store(shard, bytes, placements, resolve);
    });
    this.#writing.catch(() => {
      // Reported by whoever awaits #writing next.
    });
    await Promise.race([handedOver, this.#writing]);
    return placements;
  }

  /**
   * Makes the checkpoint exist: the manifest in, the note out, and what an older checkpoint of the same run and step
   * held freed, in one transaction.
   */
  async commit(manifest: StoredManifest): Promise<void> {
    await this.#writing;
    const work = transact(
      this.database,
      shardStores,
      async (transaction) => {
        const shards = transaction.objectStore('shards');
        for (const shard of manifest.shards) {
          if ((await shards.getKey(shard)) === undefined) throw lostWrite(this.id);
        }
        const checkpoints = transaction.objectStore('checkpoints');
        const replaced = await checkpoints.get([manifest.run, manifest.step]);
        const note = await transaction.objectStore('writes').get(this.id);
        await checkpoints.put(manifest);
        await transaction.objectStore('writes').delete(this.id);
        await freeShards(transaction, [...(replaced?.shards ?? []), ...(note?.shards ?? [])]);
      },
      'strict',
    );
    await work;
  }

  /** Gives up: the note out and its shards freed, except those that something else holds. */
  async discard(): Promise<void> {
    await this.settle();
    await discardWrite(this.database, this.id);
  }

  /** Waits until no shard is on its way, whether it arrived or not. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => {
      // The failure has been or will be reported by `put` or `commit`.
    });
  }

  /** @param handedOver called when the bytes are needed no longer */
  async #store(
    shard: string,
    bytes: Bytes,
    placements: readonly Placement[],
    handedOver: () => void,
  ): Promise<void> {
    const existed = await transact(this.database, ['shards', 'sizes', 'writes'], async (transaction) => {
      const writes = transaction.objectStore('writes');
      const shards = transaction.objectStore('shards');
      const [note, known] = await Promise.all([writes.get(this.id), shards.getKey(shard)]);
      if (note === undefined) throw lostWrite(this.id);
      const noted = writes.put({
        id: this.id,
        expiresAt: Date.now() + this.keepFor,
        shards: note.shards.includes(shard) ? note.shards : [...note.shards, shard],
        placements: [...note.placements, ...placements],
      });
      if (known !== undefined) {
        await noted;
        return true;
      }
      const requests = [noted, transaction.objectStore('sizes').put(bytes.length, shard)];
      // Should the next request throw at once, the transaction reports it, and these end with it.
      for (const request of requests) request.catch(() => {});
      const stored = shards.put(whole(bytes), shard);
      handedOver();
      await Promise.all([...requests, stored]);
      return false;
    });
    if (existed) await this.#repair(shard, bytes);
    handedOver();
  }

  /** A shard that is already there may be damaged: saving its bytes again is the one chance to mend it. */
  async #repair(shard: string, bytes: Bytes): Promise<void> {
    try {
      await readShard(this.database, shard);
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      await this.database.put('shards', whole(bytes), shard);
    }
  }
}

/** A buffer of their own: with a view, IndexedDB would store the whole buffer behind it. */
function whole(bytes: Bytes): Bytes {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}

/** Forgets an interrupted write and frees its shards. Does nothing when there is none of this id. */
export async function discardWrite(database: Database, id: string): Promise<void> {
  await transact(database, shardStores, async (transaction) => {
    const writes = transaction.objectStore('writes');
    const note = await writes.get(id);
    await writes.delete(id);
    await freeShards(transaction, note?.shards ?? []);
  });
}

function lostWrite(id: string): Error {
  return new Error(
    `saveCheckpoint: write ${id} was swept before it was done, got no note of it, expected one; ` +
      `the tab slept too long or its storage was cleared: save again`,
  );
}
