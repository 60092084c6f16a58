/** Checkpoints: what is saved comes back to the bit, what is damaged is refused, what is interrupted leaves nothing. */
import { describe, expect, it, vi } from 'vitest';
import {
  checkpointOf,
  fingerprints,
  fingerprintsOf,
  flipBit,
  freshDatabase,
  seededTensor,
  smallModel,
} from './storage-fixtures.ts';
import { listCheckpoints, loadCheckpoint, saveCheckpoint } from '../../src/checkpoints/checkpoint.ts';
import type { Database } from '../../src/checkpoints/database.ts';
import { CorruptManifestError, CorruptShardError, StorageFullError } from '../../src/checkpoints/errors.ts';
import { ownShardBytes } from '../../src/checkpoints/packing.ts';
import { discardWrite } from '../../src/checkpoints/pending-write.ts';
import { deleteCheckpoint, deleteRun, dropMoments } from '../../src/checkpoints/removal.ts';
import { maxShardBytes, sweepShards } from '../../src/checkpoints/shards.ts';
import { storageEstimate } from '../../src/checkpoints/storage.ts';
import { float32Sources, type TensorSource } from '../../src/checkpoints/tensor-source.ts';

const large = (seed: number) => seededTensor([ownShardBytes / 4 / 64 + 1, 64], seed);
const shardsIn = async (database: Database) => (await database.getAllKeys('shards')).sort();
const emptied = { shards: [], writes: [], checkpoints: [] };

async function contents(database: Database) {
  return {
    shards: await database.getAllKeys('shards'),
    writes: await database.getAllKeys('writes'),
    checkpoints: await database.getAllKeys('checkpoints'),
  };
}

/** A source that yields some of its bytes and then fails. */
function failing(source: TensorSource, after: number, error: Error): TensorSource {
  return {
    ...source,
    async *read(start = 0) {
      let read = 0;
      for await (const piece of source.read(start)) {
        yield piece.subarray(0, after - read);
        read += piece.length;
        if (read >= after) throw error;
      }
    },
  };
}

describe('saveCheckpoint and loadCheckpoint', () => {
  it('bring back every tensor to the bit, in order, with moments, trainer state, config and lineage', async () => {
    const database = await freshDatabase();
    const weights = { ...smallModel(1), large: large(2) };
    const moments = { 'exp_avg.norm.weight': seededTensor([8], 3) };
    const trainer = { cursor: 12, seeds: [1, 2], schedule: { position: 0.1 } };
    const lineage = [{ run: 'parent', step: 4 }];
    await saveCheckpoint(
      database,
      checkpointOf('a', 3, weights, { moments: float32Sources(moments), trainer, lineage }),
    );
    const loaded = await loadCheckpoint(database, { run: 'a', step: 3 });
    expect(await fingerprints(loaded.weights)).toEqual(fingerprintsOf(weights));
    expect(loaded.weights.map(({ name }) => name)).toEqual(Object.keys(weights));
    expect(await fingerprints(loaded.moments)).toEqual(fingerprintsOf(moments));
    expect(loaded).toMatchObject({ run: 'a', step: 3, tokens: 192, trainer, lineage, resumable: true });
    expect(loaded.config).toEqual({ model_type: 'test' });
  });

  it('splits a tensor larger than a shard and reads it from any byte on', async () => {
    const database = await freshDatabase();
    const tensor = seededTensor([maxShardBytes / 4 + 5], 4);
    await saveCheckpoint(database, checkpointOf('a', 0, { tensor }));
    expect(await shardsIn(database)).toHaveLength(2);
    const { weights } = await loadCheckpoint(database, { run: 'a', step: 0 });
    const pieces: number[] = [];
    for await (const piece of weights[0]!.read(maxShardBytes - 3)) pieces.push(...piece);
    expect(pieces).toEqual([...new Uint8Array(tensor.data.buffer, maxShardBytes - 3)]);
    expect(await fingerprints(weights)).toEqual(fingerprintsOf({ tensor }));
  });

  it('stores what two checkpoints share once', async () => {
    const database = await freshDatabase();
    const frozen = large(5);
    await saveCheckpoint(database, checkpointOf('parent', 1, { frozen, ...smallModel(6) }));
    const before = await shardsIn(database);
    await saveCheckpoint(database, checkpointOf('child', 1, { frozen, ...smallModel(7) }));
    expect(await shardsIn(database)).toHaveLength(before.length + 1);
    await saveCheckpoint(database, checkpointOf('twin', 1, { frozen, ...smallModel(7) }));
    expect(await shardsIn(database)).toHaveLength(before.length + 1);
  });

  it('refuses a tensor whose source yields too few or too many bytes, and keeps nothing', async () => {
    const database = await freshDatabase();
    const [source] = float32Sources({ short: seededTensor([10], 1) });
    for (const byteLength of [44, 36]) {
      const weights = [{ ...source!, byteLength, shape: [byteLength / 4] }];
      const saving = saveCheckpoint(database, checkpointOf('a', 0, {}, { weights }));
      await expect(saving).rejects.toThrow(/tensor short has the wrong length/);
    }
    expect(await contents(database)).toEqual(emptied);
  });

  it('refuses a trainer state that is not JSON before writing anything', async () => {
    const database = await freshDatabase();
    const trainer = { cursor: Number.NaN };
    await expect(saveCheckpoint(database, checkpointOf('a', 0, smallModel(1), { trainer }))).rejects.toThrow(
      /trainer/,
    );
    expect(await contents(database)).toEqual(emptied);
  });

  it('refuses two tensors of one name', async () => {
    const database = await freshDatabase();
    const weights = [...float32Sources(smallModel(1)), ...float32Sources(smallModel(2))];
    await expect(saveCheckpoint(database, checkpointOf('a', 0, {}, { weights }))).rejects.toThrow(
      /embed\.weight twice/,
    );
    expect(await contents(database)).toEqual(emptied);
  });

  it('says which steps there are when the one asked for is not', async () => {
    const database = await freshDatabase();
    await saveCheckpoint(database, checkpointOf('a', 2, smallModel(1)));
    await expect(loadCheckpoint(database, { run: 'a', step: 3 })).rejects.toThrow(/a@3.*one of the steps 2/);
  });

  it('replaces a checkpoint of the same run and step and frees what only the old one held', async () => {
    const database = await freshDatabase();
    await saveCheckpoint(database, checkpointOf('a', 0, { large: large(1), ...smallModel(1) }));
    await saveCheckpoint(database, checkpointOf('a', 0, { large: large(1), ...smallModel(2) }));
    expect(await shardsIn(database)).toHaveLength(2);
    const { weights } = await loadCheckpoint(database, { run: 'a', step: 0 });
    expect(await fingerprints(weights)).toEqual(fingerprintsOf({ large: large(1), ...smallModel(2) }));
  });

  it('reports progress up to the whole', async () => {
    const database = await freshDatabase();
    const onProgress = vi.fn();
    const { bytes } = await saveCheckpoint(database, checkpointOf('a', 0, smallModel(1)), { onProgress });
    expect(onProgress).toHaveBeenLastCalledWith({ doneBytes: bytes, totalBytes: bytes });
  });
});

describe('damage', () => {
  it('is found whichever bit of a shard is flipped, and names the shard', async () => {
    const database = await freshDatabase();
    await saveCheckpoint(database, checkpointOf('a', 0, smallModel(1)));
    const [shard] = await shardsIn(database);
    const bits = (await database.get('sizes', shard!))! * 8;
    for (const bit of [0, 1234, bits - 1]) {
      await flipBit(database, shard!, bit);
      const { weights } = await loadCheckpoint(database, { run: 'a', step: 0 });
      const error: unknown = await fingerprints(weights).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CorruptShardError);
      expect(error).toMatchObject({ shard, message: expect.stringContaining('another checkpoint') });
      await flipBit(database, shard!, bit);
    }
    const { weights } = await loadCheckpoint(database, { run: 'a', step: 0 });
    expect(await fingerprints(weights)).toEqual(fingerprintsOf(smallModel(1)));
  });

  it('is found when a shard is missing', async () => {
    const database = await freshDatabase();
    await saveCheckpoint(database, checkpointOf('a', 0, smallModel(1)));
    await database.clear('shards');
    const { weights } = await loadCheckpoint(database, { run: 'a', step: 0 });
    await expect(fingerprints(weights)).rejects.toThrow(CorruptShardError);
  });

  it('of a shard is mended by saving the same tensors again', async () => {
    const database = await freshDatabase();
    await saveCheckpoint(database, checkpointOf('a', 0, smallModel(1)));
    const [shard] = await shardsIn(database);
    await flipBit(database, shard!, 77);
    await saveCheckpoint(database, checkpointOf('a', 0, smallModel(1)));
    const { weights } = await loadCheckpoint(database, { run: 'a', step: 0 });
    expect(await fingerprints(weights)).toEqual(fingerprintsOf(smallModel(1)));
  });

  it('of a manifest is found, and does not hide the other checkpoints', async () => {
    const database = await freshDatabase();
    for (const step of [0, 1, 2]) await saveCheckpoint(database, checkpointOf('a', step, smallModel(step)));
    const stored = (await database.get('checkpoints', ['a', 1]))!;
    const changed = { ...(stored.manifest as object), tokens: 65 };
    await database.put('checkpoints', { ...stored, manifest: changed });
    await expect(loadCheckpoint(database, { run: 'a', step: 1 })).rejects.toThrow(CorruptManifestError);
    const damaged: number[] = [];
    const found = await listCheckpoints(database, 'a', ({ step }) => damaged.push(step));
    expect(found.map(({ step }) => step)).toEqual([0, 2]);
    expect(damaged).toEqual([1]);
  });
});

describe('an interrupted save', () => {
  it('leaves no checkpoint and no shard when a source fails', async () => {
    const database = await freshDatabase();
    await saveCheckpoint(database, checkpointOf('a', 0, smallModel(1)));
    const before = await contents(database);
    const sources = float32Sources({ large: large(1), broken: large(2) });
    const weights = [sources[0]!, failing(sources[1]!, 4, new Error('device lost'))];
    await expect(saveCheckpoint(database, checkpointOf('a', 1, {}, { weights }))).rejects.toThrow(
      'device lost',
    );
    expect(await contents(database)).toEqual(before);
  });

  it('by a kill between shards and manifest leaves no checkpoint, and the sweep frees its shards once it is dead', async () => {
    const name = 'killed';
    const killed = await freshDatabase(name);
    await saveCheckpoint(killed, checkpointOf('a', 0, smallModel(1)));
    const dying = checkpointOf('a', 1, { large: large(1) });
    const reached = new Promise<void>((resolve) => {
      const [source] = dying.weights;
      const hang: TensorSource = {
        ...source!,
        async *read() {
          resolve();
          await new Promise(() => {});
        },
      };
      void saveCheckpoint(killed, { ...dying, weights: [source!, { ...hang, name: 'next' }] });
    });
    await reached;
    await vi.waitFor(async () => expect(await killed.count('shards')).toBe(2));
    killed.close();

    const database = await freshDatabase(name);
    expect((await listCheckpoints(database, 'a')).map(({ step }) => step)).toEqual([0]);
    expect(await sweepShards(database)).toBe(0);
    expect(await database.count('shards')).toBe(2);
    expect(await sweepShards(database, Date.now() + 3_600_000)).toBe(1);
    expect(await fingerprints((await loadCheckpoint(database, { run: 'a', step: 0 })).weights)).toEqual(
      fingerprintsOf(smallModel(1)),
    );
    expect(await database.count('writes')).toBe(0);
  });

  it('stops at the signal and throws its reason', async () => {
    const database = await freshDatabase();
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('stopped by hand'));
    const saving = saveCheckpoint(database, checkpointOf('a', 0, { x: large(1), y: large(2) }), {
      signal: controller.signal,
      onProgress,
    });
    await expect(saving).rejects.toThrow('stopped by hand');
    expect(await contents(database)).toEqual(emptied);
  });

  it('goes on where it stopped when it has a name, and reads no stored byte again', async () => {
    const database = await freshDatabase();
    const tensors = { first: large(1), tail: seededTensor([maxShardBytes / 4 + 100], 2), ...smallModel(3) };
    const sources = float32Sources(tensors);
    const interrupted = sources.map((source) =>
      source.name === 'tail'
        ? failing(chunked(source, 2 ** 20), maxShardBytes + 8, new Error('connection lost'))
        : source,
    );
    const options = { resumeAs: 'hub:model@commit' };
    const saving = saveCheckpoint(database, checkpointOf('a', 0, {}, { weights: interrupted }), options);
    await expect(saving).rejects.toThrow('connection lost');
    expect(await listCheckpoints(database, 'a')).toEqual([]);
    expect(await sweepShards(database)).toBe(0);

    const starts: [string, number][] = [];
    const watched = sources.map((source) => ({
      ...source,
      read: (start = 0) => {
        starts.push([source.name, start]);
        return source.read(start);
      },
    }));
    await saveCheckpoint(database, checkpointOf('a', 0, {}, { weights: watched }), options);
    expect(starts[0]).toEqual(['tail', maxShardBytes]);
    expect(starts.map(([name]) => name)).not.toContain('first');
    const { weights } = await loadCheckpoint(database, { run: 'a', step: 0 });
    expect(await fingerprints(weights)).toEqual(fingerprintsOf(tensors));
    expect(await database.count('writes')).toBe(0);
  });

  it('can be given up by name', async () => {
    const database = await freshDatabase();
    const [first, second] = float32Sources({ first: large(1), second: large(2) });
    const weights = [first!, failing(second!, 8, new Error('connection lost'))];
    const saving = saveCheckpoint(database, checkpointOf('a', 0, {}, { weights }), { resumeAs: 'import' });
    await expect(saving).rejects.toThrow('connection lost');
    expect(await database.count('shards')).toBe(1);
    await discardWrite(database, 'import');
    expect(await contents(database)).toEqual(emptied);
  });
});

describe('a transaction that fails', () => {
  it('takes those behind it along, so that going on leaves no gap', async () => {
    const database = await freshDatabase();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the store it is called on
    const actual = IDBObjectStore.prototype.put;
    let puts = 0;
    const failure = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      value,
      key,
    ) {
      const request = actual.call(this, value, key);
      if (this.name === 'shards' && ++puts === 2) this.transaction.abort();
      return request;
    });
    const weights = { x: large(1), y: large(2), z: large(3), ...smallModel(4) };
    const options = { resumeAs: 'named' };
    await expect(saveCheckpoint(database, checkpointOf('a', 0, weights), options)).rejects.toThrow();
    failure.mockRestore();
    expect(await database.count('shards')).toBe(1);
    await saveCheckpoint(database, checkpointOf('a', 0, weights), options);
    const loaded = await loadCheckpoint(database, { run: 'a', step: 0 });
    expect(await fingerprints(loaded.weights)).toEqual(fingerprintsOf(weights));
    expect(await database.count('writes')).toBe(0);
  });

  it('because another tab saves the same says so, and harms neither what that has stored nor its end', async () => {
    const database = await freshDatabase();
    const options = { resumeAs: 'same' };
    const tensors = { x: large(1), y: large(2) };
    const [x, y] = float32Sources(tensors);
    let arrived!: () => void;
    const both = new Promise<void>((resolve) => (arrived = resolve));
    const waiting: TensorSource = {
      ...y!,
      async *read(start = 0) {
        await both;
        yield* y!.read(start);
      },
    };
    const first = saveCheckpoint(database, checkpointOf('a', 0, {}, { weights: [x!, waiting] }), options);
    await vi.waitFor(async () => expect(await database.count('shards')).toBe(1));
    // Begun when one shard was there; by the time it puts the second, the first has put it.
    const second = saveCheckpoint(
      database,
      checkpointOf('b', 0, {}, { weights: [x!, { ...waiting, name: 'z' }] }),
      options,
    );
    arrived();
    const outcomes = await Promise.allSettled([first, second]);
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    expect(failed).toHaveLength(1);
    expect(String((failed[0] as PromiseRejectedResult).reason)).toMatch(/another tab saves the same/);
  });
});

describe('a full disk', () => {
  /** From its `after`-th put of a shard on, the browser aborts every transaction that adds a shard. */
  function fillDisk(after: number) {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the store it is called on
    const actual = IDBObjectStore.prototype.put;
    let puts = 0;
    return vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      value,
      key,
    ) {
      if (this.name === 'shards' && ++puts >= after) {
        (this.transaction as IDBTransaction & { _abort(name: string): void })._abort('QuotaExceededError');
      }
      return actual.call(this, value, key);
    });
  }

  it.each([1, 2, 3])('at shard %i is a StorageFullError, and nothing half-written remains', async (after) => {
    const database = await freshDatabase();
    const disk = fillDisk(after);
    const weights = { x: large(1), y: large(2), z: large(3) };
    const saving = saveCheckpoint(database, checkpointOf('a', 0, weights), { resumeAs: 'named' });
    const error: unknown = await saving.catch((thrown: unknown) => thrown);
    disk.mockRestore();
    expect(error).toBeInstanceOf(StorageFullError);
    expect(error).toMatchObject({
      needed: 3 * (ownShardBytes + 256),
      message: expect.stringContaining('delete runs'),
    });
    expect(await contents(database)).toEqual(emptied);
    await saveCheckpoint(database, checkpointOf('a', 0, weights));
    expect(await database.count('shards')).toBe(3);
  });
});

describe('concurrent savers', () => {
  it('of equal and of different tensors all succeed, beside a sweep', async () => {
    const database = await freshDatabase();
    const shared = large(1);
    const saves = Array.from({ length: 6 }, (_, index) =>
      saveCheckpoint(
        database,
        checkpointOf(`run ${index % 3}`, index, { shared, own: large(2 + (index % 2)) }),
      ),
    );
    await Promise.all([...saves, sweepShards(database), sweepShards(database)]);
    expect(await database.count('shards')).toBe(3);
    for (const index of saves.keys()) {
      const { weights } = await loadCheckpoint(database, { run: `run ${index % 3}`, step: index });
      expect(await fingerprints(weights)).toEqual(fingerprintsOf({ shared, own: large(2 + (index % 2)) }));
    }
    expect(await database.count('writes')).toBe(0);
  });

  it('never publish a checkpoint whose shards were swept meanwhile', async () => {
    const database = await freshDatabase();
    const [source, second] = float32Sources({ source: large(1), second: large(2) });
    const weights: TensorSource[] = [
      source!,
      {
        ...second!,
        async *read(start = 0) {
          await vi.waitFor(async () => expect(await database.count('shards')).toBe(1));
          // As if this tab had slept for an hour.
          await sweepShards(database, Date.now() + 3_600_000);
          yield* second!.read(start);
        },
      },
    ];
    await expect(saveCheckpoint(database, checkpointOf('a', 0, {}, { weights }))).rejects.toThrow(
      /save again/,
    );
    expect(await contents(database)).toEqual(emptied);
  });
});

describe('deleting', () => {
  it('a run frees only what no other run holds', async () => {
    const database = await freshDatabase();
    const shared = large(1);
    await saveCheckpoint(database, checkpointOf('a', 0, { shared, own: large(2) }));
    await saveCheckpoint(database, checkpointOf('a', 1, { shared, own: large(3) }));
    await saveCheckpoint(database, checkpointOf('ab', 0, { shared, own: large(3) }));
    await database.put('runs', { id: 'a' });
    await database.put('steps', { run: 'a', step: 1 });
    await database.put('rows', [{}], 'a');
    expect(await deleteRun(database, 'a')).toBe(1);
    expect(await listCheckpoints(database, 'a')).toEqual([]);
    expect(
      await Promise.all((['runs', 'steps', 'rows'] as const).map((store) => database.count(store))),
    ).toEqual([0, 0, 0]);
    const { weights } = await loadCheckpoint(database, { run: 'ab', step: 0 });
    expect(weights.map(({ name }) => name)).toEqual(['shared', 'own']);
    expect(await deleteCheckpoint(database, { run: 'ab', step: 0 })).toBe(2);
    expect(await database.count('shards')).toBe(0);
  });

  it('moments leaves the weights and the newest moments', async () => {
    const database = await freshDatabase();
    for (const step of [1, 2, 3]) {
      const moments = float32Sources({ m: large(step), v: large(10 + step) });
      await saveCheckpoint(
        database,
        checkpointOf('a', step, smallModel(step), { moments, trainer: { step } }),
      );
    }
    expect(await dropMoments(database, 'a', 1)).toBe(4);
    const resumable = (await listCheckpoints(database, 'a')).map((checkpoint) => checkpoint.resumable);
    expect(resumable).toEqual([false, false, true]);
    const first = await loadCheckpoint(database, { run: 'a', step: 1 });
    expect([first.moments, first.trainer]).toEqual([[], null]);
    expect(await fingerprints(first.weights)).toEqual(fingerprintsOf(smallModel(1)));
    const last = await loadCheckpoint(database, { run: 'a', step: 3 });
    expect(await fingerprints(last.moments)).toEqual(fingerprintsOf({ m: large(3), v: large(13) }));
    expect(await dropMoments(database, 'a', 0)).toBe(2);
  });
});

describe('storageEstimate', () => {
  it('counts each shard once', async () => {
    const database = await freshDatabase();
    for (const step of [0, 1]) await saveCheckpoint(database, checkpointOf('a', step, { x: large(1) }));
    const meter = {
      estimate: () => Promise.resolve({ usage: 5, quota: 9 }),
      persisted: () => Promise.resolve(true),
    };
    const estimate = await storageEstimate(database, meter);
    expect(estimate).toEqual({ usage: 5, quota: 9, persisted: true, shards: ownShardBytes + 256 });
  });
});

/** The same tensor in pieces of at most `size` bytes. */
function chunked(source: TensorSource, size: number): TensorSource {
  return {
    ...source,
    async *read(start = 0) {
      for await (const piece of source.read(start)) {
        for (let at = 0; at < piece.length; at += size) yield piece.subarray(at, at + size);
      }
    },
  };
}
