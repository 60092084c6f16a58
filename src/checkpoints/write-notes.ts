/**
 * The notes of unfinished writes: a head, which says how long the write may be taken up again, and a note for each shard.
 * In one record for all, every shard would cost as much as there were before it: 27 ms each at the end of 14 GB.
 */
import type { Database, Transaction } from './database.ts';

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
  /** Of a head the write's id; of a note that, a line feed and the note's number. */
  readonly id: string;
  /** Of a head: after this (milliseconds since 1970) the writer is taken for dead. */
  readonly expiresAt?: number;
  readonly shards: readonly string[];
  readonly placements: readonly Placement[];
}

/** A transaction over `writes`, and perhaps others. */
type NoteTransaction = Pick<Transaction<'writes'>, 'objectStore'>;

const noteId = (write: string, number: number): string => `${write}\n${String(number).padStart(8, '0')}`;

/** The keys of a write's head and notes, in order. */
function recordsOf(write: string): IDBKeyRange {
  return IDBKeyRange.bound(write, `${write}\n\uffff`);
}

/** Begins a write, or prolongs the one of this id. Returns what is noted of it. */
export async function beginWrite(
  transaction: NoteTransaction,
  id: string,
  expiresAt: number,
): Promise<WriteRecord[]> {
  const writes = transaction.objectStore('writes');
  const [head = { id, shards: [], placements: [] }, ...notes] = await writes.getAll(recordsOf(id));
  await writes.put({ ...head, expiresAt });
  return [head, ...notes];
}

/** Bytes of tensors that the write of this id has stored. */
export async function writtenBytes(database: Database, id: string): Promise<number> {
  const records = await database.getAll('writes', recordsOf(id));
  return records.flatMap(({ placements }) => placements).reduce((sum, { length }) => sum + length, 0);
}

/**
 * Notes a shard as the `number`-th of its write, counted from 0. Returns false, and notes nothing, when the write or the
 * note before is gone, or this one is there already: it was swept, the transaction before failed, or another tab writes
 * the same.
 */
export async function noteShard(
  transaction: NoteTransaction,
  write: { readonly id: string; readonly expiresAt: number },
  number: number,
  placements: readonly Placement[],
): Promise<boolean> {
  const writes = transaction.objectStore('writes');
  const [head, before, same] = await Promise.all([
    writes.get(write.id),
    number === 0 ? '' : writes.getKey(noteId(write.id, number - 1)),
    writes.getKey(noteId(write.id, number)),
  ]);
  if (!head || before === undefined || same !== undefined) return false;
  const shards = [...new Set(placements.map(({ shard }) => shard))];
  await Promise.all([
    writes.put({ ...head, expiresAt: write.expiresAt }),
    writes.put({ id: noteId(write.id, number), shards, placements }),
  ]);
  return true;
}

/** Forgets a write. Returns the shards that it held. */
export async function forgetWrite(transaction: NoteTransaction, id: string): Promise<string[]> {
  const writes = transaction.objectStore('writes');
  const records = await writes.getAll(recordsOf(id));
  await writes.delete(recordsOf(id));
  return records.flatMap(({ shards }) => shards);
}

/** Forgets the notes of a write from the `number`-th on. Returns the shards that they held. */
export async function forgetNotes(
  transaction: NoteTransaction,
  id: string,
  number: number,
): Promise<string[]> {
  const writes = transaction.objectStore('writes');
  const range = IDBKeyRange.bound(noteId(id, number), `${id}\n\uffff`);
  const notes = await writes.getAll(range);
  await writes.delete(range);
  return notes.flatMap(({ shards }) => shards);
}

/** Forgets the writes that nobody has gone on with in time. */
export async function forgetExpired(transaction: NoteTransaction, now: number): Promise<void> {
  const writes = transaction.objectStore('writes');
  for (const { id, expiresAt } of await writes.getAll())
    if (expiresAt !== undefined && expiresAt <= now) await writes.delete(recordsOf(id));
}
