/**
 * The one database of the app: which stores it has, how it is opened, and transactions that fail whole.
 *
 * What runs, steps, rows and notebooks hold is not known here: `records.ts` reads and writes them with a validator
 * that the caller passes.
 */
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';
import type { StoredManifest } from './manifest.ts';
import type { WriteRecord } from './write-notes.ts';
import type { Bytes } from './tensor-source.ts';

const VERSION = 2;

/** A step measured by a run; the rest of its fields are the caller's. */
export interface StepKey {
  readonly run: string;
  readonly step: number;
}

export interface Schema extends DBSchema {
  runs: { key: string; value: { readonly id: string } };
  /** By [run, step]. */
  steps: { key: [string, number]; value: StepKey };
  /** Manifests by [run, step]; `shard` finds every manifest that holds a shard. */
  checkpoints: { key: [string, number]; value: StoredManifest; indexes: { shard: string } };
  /**
   * SHA-256 of the bytes, hex → the bytes, at most `maxShardBytes` each. Not as a Blob, as version 1 had them: its bytes
   * stay in memory until the garbage collector comes by, which in an import of gigabytes it hardly does.
   */
  shards: { key: string; value: Bytes | Blob };
  /** How long each shard is, so that nobody has to load them to know. */
  sizes: { key: string; value: number };
  /** Checkpoints being written: their shards are not yet in a manifest and must not be swept. */
  writes: { key: string; value: WriteRecord; indexes: { shard: string } };
  /** Id of the run that produced them → all rows of that run. */
  rows: { key: string; value: readonly unknown[] };
  notebooks: { key: string; value: { readonly id: string } };
  /** Dropped files by name. */
  files: { key: string; value: { readonly id: string } };
  /** What can be made again from what it is keyed by: trained tokenizers, token streams. */
  cache: { key: string; value: unknown };
}

export type Database = IDBPDatabase<Schema>;
export type Store = StoreNames<Schema>;
export type Transaction<S extends Store> = IDBPTransaction<Schema, S[], 'readwrite'>;

export interface OpenOptions {
  readonly name?: string;
  /** Called when another tab holds an older version of the database open, so that this one has to wait for it. */
  readonly onBlocked?: () => void;
  /** Called when this connection is gone: a newer version of the app took over, or the browser closed it. */
  readonly onClosed?: (reason: string) => void;
}

/**
 * Opens the database, creating it on first use. A connection never stands in the way of a newer version of the app
 * in another tab: it closes, and says so.
 */
export async function openDatabase(options: OpenOptions = {}): Promise<Database> {
  const { name = 'amuro', onBlocked, onClosed } = options;
  const database: Database = await openDB<Schema>(name, VERSION, {
    upgrade: (upgraded, oldVersion, _, transaction) => {
      if (oldVersion < 1) createStores(upgraded);
      upgraded.createObjectStore('sizes');
      // Its requests keep the upgrade open; one that fails ends it.
      void noteSizes(transaction);
    },
    blocked: () => onBlocked?.(),
    blocking: () => {
      database.close();
      onClosed?.('a newer version of the app opened the database in another tab; reload this one');
    },
    terminated: () => onClosed?.('the browser closed the database; reload the page'),
  });
  return database;
}

/** Version 1 had no sizes, and its shards are all Blobs. */
async function noteSizes(transaction: IDBPTransaction<Schema, Store[], 'versionchange'>): Promise<void> {
  let cursor = await transaction.objectStore('shards').openCursor();
  for (; cursor; cursor = await cursor.continue())
    await transaction.objectStore('sizes').put((cursor.value as Blob).size, cursor.key);
}

function createStores(database: Database): void {
  database.createObjectStore('runs', { keyPath: 'id' });
  database.createObjectStore('steps', { keyPath: ['run', 'step'] });
  const checkpoints = database.createObjectStore('checkpoints', { keyPath: ['run', 'step'] });
  checkpoints.createIndex('shard', 'shards', { multiEntry: true });
  database.createObjectStore('shards');
  const writes = database.createObjectStore('writes', { keyPath: 'id' });
  writes.createIndex('shard', 'shards', { multiEntry: true });
  database.createObjectStore('rows');
  database.createObjectStore('notebooks', { keyPath: 'id' });
  database.createObjectStore('files', { keyPath: 'id' });
  database.createObjectStore('cache');
}

/** Every key of a compound key that begins with `run`: arrays sort after numbers, so [] is above every step. */
export function stepsOf(run: string): IDBKeyRange {
  return IDBKeyRange.bound([run], [run, []]);
}

/**
 * One read-write transaction: all of `work` or nothing. `work` may await requests of this transaction only, since
 * anything else lets it close. `strict` waits until the bytes are on the disk.
 * @throws what `work` throws, or the reason for which the browser aborted the transaction
 */
export async function transact<S extends Store, T>(
  database: Database,
  stores: readonly S[],
  work: (transaction: Transaction<S>) => Promise<T>,
  durability: 'relaxed' | 'strict' = 'relaxed',
): Promise<T> {
  const transaction = database.transaction([...stores], 'readwrite', { durability }) as Transaction<S>;
  // Handled at once, for an abort may come while `work` still waits for something else.
  const outcome = transaction.done.then(
    () => null,
    (reason: unknown) => ({ reason }),
  );
  try {
    const result = await work(transaction);
    const aborted = await outcome;
    if (aborted) throw aborted.reason;
    return result;
  } catch (error) {
    abort(transaction);
    await outcome;
    // A request that fails by quota reports only that it was aborted; the transaction knows why.
    throw transaction.error ?? error;
  }
}

function abort(transaction: { abort(): void }): void {
  try {
    transaction.abort();
  } catch {
    // Already aborted or finished: there is nothing left to undo.
  }
}
