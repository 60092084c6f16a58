/** The peers of the import benchmark: bytes put into IndexedDB as they are. */
import { deleteDB, openDB } from 'idb';
import { maxShardBytes } from '../../src/checkpoints/shards.ts';
import type { Measured, Peer } from './kinds.ts';

interface Form {
  readonly value: (part: Blob, buffer: ArrayBuffer) => ArrayBuffer | Blob;
  /** Values in a transaction. */
  readonly together: number;
}

const forms: Readonly<Record<Peer, Form>> = {
  'raw buffers': { value: (_, buffer) => buffer, together: 1 },
  // Blobs are faster still, but a gigabyte of them is more than Chromium holds: it grew by 1080 MiB, or failed.
  'raw buffers ×8': { value: (_, buffer) => buffer, together: 8 },
  'raw file parts': { value: (part) => part, together: 8 },
};
const name = 'raw';
/** Buffers that are put in turn: what they hold was read before the clock started. */
const buffersInTurn = 8;
const transactionsAtOnce = 2;

/** As many bytes as the file has, from the first put to the end of the last transaction. */
export async function putRaw(kind: Peer, file: File): Promise<Measured> {
  const { value, together } = forms[kind];
  const parts: Blob[] = [];
  for (let at = 0; at < file.size; at += maxShardBytes) parts.push(file.slice(at, at + maxShardBytes));
  const buffers = await Promise.all(parts.slice(0, buffersInTurn).map((part) => part.arrayBuffer()));
  await deleteDB(name);
  const database = await openDB(name, 1, { upgrade: (created) => void created.createObjectStore('shards') });
  const start = performance.now();
  const underWay: Promise<unknown>[] = [];
  for (let at = 0; at < parts.length; at += together) {
    if (underWay.length === transactionsAtOnce) await underWay.shift();
    const { store, done } = database.transaction('shards', 'readwrite', { durability: 'relaxed' });
    const requests = parts
      .slice(at, at + together)
      .map((part, index) => store.put(value(part, buffers[(at + index) % buffers.length]!), at + index));
    underWay.push(Promise.all([...requests, done]));
  }
  await Promise.all(underWay);
  const seconds = (performance.now() - start) / 1000;
  database.close();
  return { seconds, bytes: file.size };
}
