/**
 * A checkpoint on its way into the database: its shards go in one by one, each in a transaction that also notes what
 * it holds, and the manifest last. Until then nobody sees the checkpoint, and the notes keep its shards from being
 * swept and say where an interrupted import goes on.
 *
 * Only the manifest's transaction waits for the disk. A power failure after it can therefore take bytes of shards, but
 * not unseen: who reads a shard holds it against its hash, and saving the same tensors again mends it.
 */
import { transact, type Database } from './database.ts';
import { CorruptDataError } from './errors.ts';
import type { StoredManifest } from './manifest.ts';
import { freeShards, hashShard, readShard, shardStores } from './shards.ts';
import type { Bytes } from './tensor-source.ts';
import { beginWrite, forgetNotes, forgetWrite, noteShard, type Placement } from './write-notes.ts';

interface Storing {
  readonly shard: string;
  readonly length: number;
  /** The bytes, or the part of a file that holds them. */
  readonly original: Bytes | Blob;
  /** Whether it is there already, unless it has been lost since. */
  readonly isStored: boolean;
  readonly placements: readonly Placement[];
  /** Of its note. */
  readonly number: number;
}

/** Transactions with parts of files under way at once. */
const partsAtOnce = 2;

export class PendingWrite {
  /** Transactions under way, the oldest first. */
  readonly #writing: Promise<void>[] = [];

  private constructor(
    readonly database: Database,
    readonly id: string,
    /** Milliseconds without a new shard after which the write may be swept. */
    readonly keepFor: number,
    /** What an interrupted write of this id had already stored. */
    readonly restored: readonly Placement[],
    /** How many notes there are, those of transactions under way included. */
    private noted: number,
    /** Shards that were stored when the write began, and those put since. */
    private readonly known: Set<string>,
  ) {}

  /** Starts a write, or takes up the one of this id that was interrupted. */
  static async open(database: Database, id: string, keepFor: number): Promise<PendingWrite> {
    const records = await transact(database, ['writes'], (transaction) =>
      beginWrite(transaction, id, Date.now() + keepFor),
    );
    const restored = records.flatMap(({ placements }) => placements);
    const known = new Set(await database.getAllKeys('sizes'));
    return new PendingWrite(database, id, keepFor, restored, records.length - 1, known);
  }

  /**
   * Stores one shard, once however often it is put. Resolves when the shard may still be on its way: a later `put` or
   * `commit` waits for it, and reports its failure. The bytes are copied by then: their buffer may be filled anew.
   * @param part the same bytes as they lie in a file, which the browser copies by itself, unless the file has changed
   *   since it was opened. In a private window it may only remember where the file lies: what becomes of it later, the
   *   shard's hash tells whoever reads the shard.
   */
  async put(
    bytes: Bytes,
    contents: readonly Omit<Placement, 'shard'>[],
    part?: Blob,
  ): Promise<readonly Placement[]> {
    // Before any transaction is open: awaiting a hash inside one would close it.
    const shard = await hashShard(bytes);
    const isKnown = this.known.has(shard);
    // What a shard is compared with must have arrived; of bytes, the browser's copies take memory until they are written.
    const atOnce = isKnown || !part ? 1 : partsAtOnce;
    while (this.#writing.length >= atOnce) await this.#writing.shift();
    this.known.add(shard);
    const placements = contents.map((content) => ({ ...content, shard }));
    const { length } = bytes;
    const number = this.noted++;
    const isStored = isKnown && (await this.#isIntact(shard));
    const storing = { shard, length, original: part ?? bytes, isStored, placements, number };
    const work = part ? this.#storePart(storing) : this.#store(storing);
    // Thrown where it is awaited.
    work.catch(() => {});
    this.#writing.push(work);
    if (isStored) await work;
    return placements;
  }

  /**
   * Makes the checkpoint exist: the manifest in, the notes out, and what an older checkpoint of the same run and step
   * held freed, in one transaction.
   */
  async commit(manifest: StoredManifest): Promise<void> {
    while (this.#writing.length > 0) await this.#writing.shift();
    const held = new Set(manifest.shards);
    await transact(
      this.database,
      shardStores,
      async (transaction) => {
        const shards = transaction.objectStore('shards');
        const found = await Promise.all(manifest.shards.map((shard) => shards.getKey(shard)));
        if (found.includes(undefined)) throw lostWrite(this.id);
        const checkpoints = transaction.objectStore('checkpoints');
        const replaced = await checkpoints.get([manifest.run, manifest.step]);
        await checkpoints.put(manifest);
        const noted = await forgetWrite(transaction, this.id);
        const others = [...(replaced?.shards ?? []), ...noted].filter((shard) => !held.has(shard));
        await freeShards(transaction, others);
      },
      'strict',
    );
  }

  /** Gives up: the notes out and their shards freed, except those that something else holds. */
  async discard(): Promise<void> {
    await this.settle();
    await discardWrite(this.database, this.id);
  }

  /** Waits until no shard is on its way, whether it arrived or not: `put` or `commit` report what failed. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  /** A shard that is already there may be damaged: saving its bytes again is the one chance to mend it. */
  async #isIntact(shard: string): Promise<boolean> {
    try {
      await readShard(this.database, shard);
      return true;
    } catch (error) {
      if (error instanceof CorruptDataError) return false;
      throw error;
    }
  }

  async #storePart(storing: Storing): Promise<void> {
    const { shard, length, number } = storing;
    await this.#store(storing).catch((error: unknown) => {
      throw (error as { name?: unknown } | null)?.name === 'DataError' ? lostFile(error) : error;
    });
    // Where a file vanishes just before it is copied, Chromium stores nothing and says nothing.
    const stored = await this.database.get('shards', shard);
    if (!(stored instanceof Blob) || stored.size === length) return;
    await transact(this.database, shardStores, async (transaction) => {
      await freeShards(transaction, await forgetNotes(transaction, this.id, number));
    });
    throw lostFile();
  }

  #store({ shard, length, original, isStored, placements, number }: Storing): Promise<void> {
    return transact(this.database, ['shards', 'sizes', 'writes'], async (transaction) => {
      const shards = transaction.objectStore('shards');
      const requests: Promise<unknown>[] = [];
      const send = (request: Promise<unknown>): void => {
        // Should another request fail first, the transaction reports it, and this one ends with it.
        request.catch(() => {});
        requests.push(request);
      };
      // Otherwise before anything is awaited: the bytes are copied by the time that this returns.
      if (!isStored || (await shards.getKey(shard)) === undefined) {
        send(shards.put(original instanceof Blob ? original : whole(original), shard));
        send(transaction.objectStore('sizes').put(length, shard));
      }
      const write = { id: this.id, expiresAt: Date.now() + this.keepFor };
      const isNoted = await noteShard(transaction, write, number, placements);
      if (!isNoted) throw lostWrite(this.id);
      await Promise.all(requests);
    });
  }
}

/** A buffer of their own: with a view, IndexedDB would store the whole buffer behind it. */
function whole(bytes: Bytes): Bytes {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}

/** Forgets an interrupted write and frees its shards. Does nothing when there is none of this id. */
export async function discardWrite(database: Database, id: string): Promise<void> {
  await transact(database, shardStores, async (transaction) => {
    const shards = await forgetWrite(transaction, id);
    await freeShards(transaction, shards);
  });
}

function lostFile(cause?: unknown): Error {
  return new Error(
    'saveCheckpoint: a file changed or vanished while it was read, expected it as it was when it was chosen; choose it again',
    { cause },
  );
}

function lostWrite(id: string): Error {
  return new Error(
    `saveCheckpoint: write ${id} was swept or changed before it was done, got no note of its shards, expected one; ` +
      `the tab slept too long, its storage was cleared, or another tab saves the same: save again`,
  );
}
