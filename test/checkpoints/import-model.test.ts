/** Importing what cannot be used: one error that names file and tensor, and nothing half-imported left behind. */
import { describe, expect, it } from 'vitest';
import { fixtureBytes } from './file-fixtures.ts';
import { freshDatabase, seededValues } from './storage-fixtures.ts';
import { itemSizes, type Dtype } from '../../src/checkpoints/dtype.ts';
import { WeightFileError } from '../../src/checkpoints/errors.ts';
import { finiteSource } from '../../src/checkpoints/finite-source.ts';
import { importFolder } from '../../src/checkpoints/import-model.ts';
import { ownShardBytes } from '../../src/checkpoints/packing.ts';
import { writeSafetensors } from '../../src/checkpoints/safetensors.ts';
import { float32Source, readBytes, type TensorSource } from '../../src/checkpoints/tensor-source.ts';

type Contents = Uint8Array<ArrayBuffer> | string;

const target = { run: 'import', step: 1, tokens: 0 };

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
  const stores = ['shards', 'writes', 'checkpoints'] as const;
  const left = await Promise.all(stores.map((store) => database.count(store)));
  return { error: error as WeightFileError, left };
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
