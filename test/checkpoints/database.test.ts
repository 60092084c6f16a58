import { openDB } from 'idb';
import { expect, it } from 'vitest';
import { hashShard, readShard } from '../../src/checkpoints/shards.ts';
import { freshDatabase, seededValues } from './storage-fixtures.ts';

it('reads the shards of version 1, which were Blobs, and knows their sizes', async () => {
  const bytes = new Uint8Array(seededValues(777, 3).buffer);
  const shard = await hashShard(bytes);
  const old = await openDB('of version 1', 1, {
    upgrade(created) {
      for (const store of ['shards', 'checkpoints', 'writes']) created.createObjectStore(store);
    },
  });
  await old.put('shards', new Blob([bytes]), shard);
  old.close();
  const database = await freshDatabase('of version 1');
  expect(await readShard(database, shard)).toEqual(bytes);
  expect(await database.get('sizes', shard)).toBe(bytes.length);
});
