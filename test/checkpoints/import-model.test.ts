/** Importing what cannot be used: one error that names file and tensor, and nothing half-imported left behind. */
import { describe, expect, it, vi } from 'vitest';
import { fixtureBytes } from './file-fixtures.ts';
import { fingerprints, freshDatabase, seededValues } from './storage-fixtures.ts';
import type { ByteSource } from '../../src/checkpoints/byte-source.ts';
import { loadCheckpoint } from '../../src/checkpoints/checkpoint.ts';
import type { Database } from '../../src/checkpoints/database.ts';
import { itemSizes, type Dtype } from '../../src/checkpoints/dtype.ts';
import { StorageFullError, WeightFileError } from '../../src/checkpoints/errors.ts';
import { finiteSource } from '../../src/checkpoints/finite-source.ts';
import { importFolder, type ImportOptions } from '../../src/checkpoints/import-model.ts';
import { ownShardBytes } from '../../src/checkpoints/packing.ts';
import { rowSlice } from '../../src/checkpoints/row-slice.ts';
import { maxShardBytes } from '../../src/checkpoints/shards.ts';
import { writeSafetensors } from '../../src/checkpoints/safetensors.ts';
import { float32Source, readBytes, type TensorSource } from '../../src/checkpoints/tensor-source.ts';

type Contents = Uint8Array<ArrayBuffer> | string;

const target = { run: 'import', step: 1, tokens: 0 };

/** A folder of files in memory; reading beyond byte `until` of the weights fails, as when their drive goes. */
function folderOf(files: Record<string, Contents>, until = Infinity) {
  const open = (name: string): Promise<ByteSource> => {
    const blob = new Blob([files[name]!]);
    if (until > blob.size) return Promise.resolve(blob);
    const gone = () => Promise.reject(new DOMException('the drive was unplugged', 'NotReadableError'));
    const slice = (start: number, end: number) =>
      end > until ? { arrayBuffer: gone } : { arrayBuffer: () => blob.slice(start, end).arrayBuffer() };
    return Promise.resolve({ size: blob.size, slice });
  };
  return { folder: { names: Object.keys(files), open } };
}

/** The bytes up to `until`, and then no more. */
async function* stopped(pieces: AsyncIterable<Uint8Array>, until: number): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const piece of pieces) {
    if (read >= until) throw new DOMException('the drive was unplugged', 'NotReadableError');
    yield piece;
    read += piece.length;
  }
}

const left = (database: Database) =>
  Promise.all((['shards', 'writes', 'checkpoints'] as const).map((store) => database.count(store)));

/** Imports the files, with what an interrupted import would keep, and gives the error and what is left. */
async function refusal(files: Record<string, Contents>) {
  const database = await freshDatabase();
  const folder = {
    names: Object.keys(files),
    open: (name: string) => Promise.resolve(new Blob([files[name]!])),
  };
  const error: unknown = await importFolder(database, folder, target, { resumeAs: 'refused' }).catch(
    (thrown: unknown) => thrown,
  );
  return { error: error as WeightFileError, left: await left(database) };
}

function source(name: string, dtype: Dtype, bytes: Uint8Array): TensorSource {
  const read = (start = 0) => cut(bytes.subarray(start), bytes.length);
  return { name, dtype, shape: [bytes.length / itemSizes[dtype]], byteLength: bytes.length, read };
}

/** The bytes in pieces of one size, each where no word lies. */
async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    const piece = bytes.subarray(start, start + size);
    const displaced = new Uint8Array(piece.length + 1);
    displaced.set(piece, 1);
    yield await Promise.resolve(displaced.subarray(1));
  }
}

async function safetensors(...tensors: TensorSource[]): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of writeSafetensors(tensors).stream()) pieces.push(new Uint8Array(piece));
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** Bit patterns, little-endian in as many bytes as the dtype has: the last finite ones and the first that are not. */
const patterns: readonly [Dtype, bigint[], bigint[]][] = [
  ['F32', [0x7f7fffffn, 0xff7fffffn, 1n], [0x7f800000n, 0xff800000n, 0x7fc00000n, 0xff800001n]],
  ['F16', [0x7bffn, 0xfbffn, 1n], [0x7c00n, 0xfc00n, 0x7e00n, 0xfc01n]],
  ['BF16', [0x7f7fn, 0xff7fn, 1n], [0x7f80n, 0xff80n, 0x7fc0n, 0xff81n]],
  ['F64', [0x47e0000000000000n, 1n], [0x47f0000000000000n, 0xfff0000000000000n, 0x7ff8000000000000n]],
];

function withPattern(dtype: Dtype, elements: number, at: number, bits: bigint): Uint8Array<ArrayBuffer> {
  const size = itemSizes[dtype];
  const bytes = new Uint8Array(elements * size);
  for (let byte = 0; byte < size; byte++) bytes[at * size + byte] = Number((bits >> BigInt(8 * byte)) & 255n);
  return bytes;
}

describe('finiteSource', () => {
  it.each(patterns)(
    'tells %s values that are finite from those that are not, wherever pieces end',
    async (...row) => {
      const [dtype, finite, others] = row;
      for (const at of [0, 1, 2, 3, 4, 8]) {
        for (const size of [1, 2, 3, 5, 8, 13, 64, 1000]) {
          const reading = (bits: bigint) => {
            const bytes = withPattern(dtype, 9, at, bits);
            return readBytes(
              finiteSource({
                ...source('w', dtype, bytes),
                file: 'file',
                read: (start = 0) => cut(bytes.subarray(start), size),
              }),
            );
          };
          for (const bits of finite) expect(await reading(bits)).toEqual(withPattern(dtype, 9, at, bits));
          for (const bits of others)
            await expect(reading(bits)).rejects.toThrow(
              new RegExp(`^file: tensor "w": holds (NaN|-?Infinity) at element ${at},`),
            );
        }
      }
    },
  );
});

describe('importFolder of files on this machine', () => {
  const large = float32Source('large', {
    shape: [maxShardBytes / 4 + 7],
    data: seededValues(maxShardBytes / 4 + 7, 3),
  });
  const others = [1, 2, 3].map((seed) =>
    float32Source(`w${seed}`, {
      shape: [ownShardBytes / 4 + seed],
      data: seededValues(ownShardBytes / 4 + seed, seed),
    }),
  );
  const small = float32Source('small', { shape: [5], data: seededValues(5, 4) });

  it('stores parts of the files in place of bytes, and reads them back to the bit', async () => {
    const database = await freshDatabase();
    const tensors = [large, ...others, small];
    const bytes = await safetensors(...tensors);
    const { folder } = folderOf({ 'config.json': '{}', 'model.safetensors': bytes });
    await importFolder(database, folder, target);
    const stored = await database.getAll('shards');
    expect(stored.filter((shard) => shard instanceof Blob)).toHaveLength(5);
    expect(stored.filter((shard) => shard instanceof Uint8Array)).toHaveLength(1);
    const { weights } = await loadCheckpoint(database, target);
    expect(await fingerprints(weights)).toEqual(await fingerprints(tensors));
  });

  it('stores of some rows of a tensor their own part of the file', async () => {
    const database = await freshDatabase();
    const rows = 2 * ownShardBytes;
    const fused = float32Source('fused', { shape: [rows / 64, 16], data: seededValues(rows / 4, 5) });
    const bytes = await safetensors(fused);
    await importFolder(
      database,
      folderOf({ 'config.json': '{}', 'model.safetensors': bytes }).folder,
      target,
      {
        adopt: (config, [tensor]) => ({
          config,
          weights: [rowSlice(tensor!, 'half', rows / 128, rows / 64)],
        }),
      },
    );
    expect((await database.getAll('shards'))[0]).toBeInstanceOf(Blob);
    const { weights } = await loadCheckpoint(database, target);
    expect(await readBytes(weights[0]!)).toEqual((await readBytes(fused)).subarray(ownShardBytes));
  });

  it('goes on within a tensor, with the part of the file that is missing', async () => {
    const database = await freshDatabase();
    const bytes = await safetensors(large, small);
    const files = { 'config.json': '{}', 'model.safetensors': bytes };
    const stopping = (tensors: readonly TensorSource[]) =>
      tensors.map((tensor) => ({
        ...tensor,
        read: (start = 0) => stopped(tensor.read(start), maxShardBytes),
      }));
    const first = importFolder(database, folderOf(files).folder, target, {
      resumeAs: 'again',
      adopt: (config, tensors) => ({ config, weights: stopping(tensors) }),
    });
    await expect(first).rejects.toThrow('the drive was unplugged');
    expect(await database.count('shards')).toBe(1);
    await importFolder(database, folderOf(files).folder, target, { resumeAs: 'again' });
    const { weights } = await loadCheckpoint(database, target);
    expect(await fingerprints(weights)).toEqual(await fingerprints([large, small]));
  });

  it('keeps nothing of a file that vanished before the browser had copied it', async () => {
    const database = await freshDatabase();
    const { folder } = folderOf({
      'config.json': '{}',
      'model.safetensors': await safetensors(large, small),
    });
    // As Chromium does then: the first part is stored, of the second nothing, and no error is raised.
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the store it is called on
    const actual = IDBObjectStore.prototype.put;
    let parts = 0;
    const vanishing = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      value: unknown,
      key,
    ) {
      const isLost = value instanceof Blob && ++parts === 2;
      return actual.call(this, isLost ? new Blob() : value, key);
    });
    const importing = importFolder(database, folder, target, { resumeAs: 'again' });
    await expect(importing).rejects.toThrow(/a file changed or vanished.*choose it again/);
    vanishing.mockRestore();
    // The first shard, its note and the write, for the next time.
    expect(await left(database)).toEqual([1, 2, 0]);
    await importFolder(database, folder, target, { resumeAs: 'again' });
    const { weights } = await loadCheckpoint(database, target);
    expect(await fingerprints(weights)).toEqual(await fingerprints([large, small]));
  });

  it('needs room only for what is not stored yet', async () => {
    const database = await freshDatabase();
    const files = { 'config.json': '{}', 'model.safetensors': await safetensors(...others) };
    const breaking = folderOf(files, 2.5 * ownShardBytes);
    const options = { resumeAs: 'again' };
    await expect(importFolder(database, breaking.folder, target, options)).rejects.toThrow('unplugged');
    expect(await database.count('shards')).toBe(2);
    const free = 1.5 * ownShardBytes;
    vi.stubGlobal('navigator', { storage: { estimate: () => Promise.resolve({ usage: 0, quota: free }) } });
    try {
      await importFolder(database, folderOf(files).folder, target, options);
      const anew = importFolder(await freshDatabase(), folderOf(files).folder, target, options);
      await expect(anew).rejects.toThrow(StorageFullError);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it.each<[string, string | null, NonNullable<ImportOptions['adopt']>]>([
    ['the config is refused', '[]', (config) => ({ config, weights: [] })],
    [
      'its family is refused',
      null,
      () => {
        throw new RangeError('model: unknown model_type "new", expected one of the old');
      },
    ],
  ])('keeps nothing of an earlier try when %s', async (_, config, adopt) => {
    const database = await freshDatabase();
    const files = { 'config.json': '{}', 'model.safetensors': await safetensors(...others) };
    const breaking = folderOf(files, 2.5 * ownShardBytes);
    const options = { resumeAs: 'again' };
    await expect(importFolder(database, breaking.folder, target, options)).rejects.toThrow('unplugged');
    expect(await left(database)).toEqual([2, 3, 0]);
    const { folder } = folderOf({ ...files, ...(config !== null && { 'config.json': config }) });
    await expect(importFolder(database, folder, target, { ...options, adopt })).rejects.toThrow();
    expect(await left(database)).toEqual([0, 0, 0]);
  });
});

describe('importFolder', () => {
  const good = float32Source('good', { shape: [3], data: seededValues(3, 1) });

  it.each(patterns)(
    'refuses NaN and infinite %s weights and keeps nothing of what came before',
    async (dtype, _, [bits]) => {
      // At the end of a shard of its own, after one that is written by then.
      const elements = (2 * ownShardBytes) / itemSizes[dtype] + 3;
      const at = elements - 2;
      const large = float32Source('large', {
        shape: [ownShardBytes / 4],
        data: seededValues(ownShardBytes / 4, 2),
      });
      const bad = source('bad', dtype, withPattern(dtype, elements, at, bits!));
      const { error, left } = await refusal({
        'config.json': '{}',
        'model.safetensors': await safetensors(good, large, bad),
      });
      expect(error).toBeInstanceOf(WeightFileError);
      expect([error.file, error.tensor]).toEqual(['model.safetensors', 'bad']);
      expect(error.message).toMatch(new RegExp(`holds -?Infinity at element ${at}, expected finite numbers`));
      expect(left).toEqual([0, 0, 0]);
    },
  );

  it('refuses the infinite weights of a file that PyTorch wrote', async () => {
    const { error, left } = await refusal({
      'config.json': '{}',
      'pytorch_model.bin': fixtureBytes('views.bin'),
    });
    expect(error).toBeInstanceOf(WeightFileError);
    expect([error.file, error.tensor]).toEqual(['pytorch_model.bin', 'half']);
    expect(left).toEqual([0, 0, 0]);
  });
});
