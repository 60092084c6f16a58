/** safetensors: equal to the Python library both ways, and every lie in a header refused by name. */
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  counting,
  described,
  fileOf,
  fixture,
  fixtureBytes,
  numbers,
  safetensorsFile,
} from './file-fixtures.ts';
import { fuzzRuns, mutated } from './mutations.ts';
import { WeightFileError } from '../../src/checkpoints/errors.ts';
import { openSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.ts';
import {
  float32Sources,
  readBytes,
  toFloat32,
  type TensorSource,
} from '../../src/checkpoints/tensor-source.ts';

const realModel = '../shared/data/stories260k/model.safetensors';

async function written(tensors: readonly TensorSource[]): Promise<Uint8Array<ArrayBuffer>> {
  const file = writeSafetensors(tensors);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of file.stream()) pieces.push(new Uint8Array(piece));
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  expect(bytes.length).toBe(file.size);
  return bytes;
}

describe('openSafetensors', () => {
  it('reads what Python wrote: F32, F16, BF16, a scalar, integers, booleans, any script in names', async () => {
    const tensors = await openSafetensors(fixture('mixed.safetensors'));
    expect(await described(tensors)).toEqual(numbers('mixed.safetensors'));
    const dtypes = Object.fromEntries(tensors.map(({ name, dtype }) => [name, dtype]));
    expect(dtypes).toMatchObject({ half: 'F16', brain: 'BF16', single: 'F32', ids: 'I64', mask: 'BOOL' });
    const ids = tensors.find(({ name }) => name === 'ids')!;
    expect([...new BigInt64Array((await readBytes(ids)).buffer)]).toEqual([0n, 1n, 2n, 3n]);
    await expect(toFloat32(ids)).rejects.toThrow(/ids has no floating-point dtype, got I64/);
  });

  it('reads only the header until a tensor is asked for, and then only that tensor', async () => {
    const { file, read } = counting(fixture('mixed.safetensors'));
    const tensors = await openSafetensors(file);
    const headerBytes = read();
    await readBytes(tensors.find(({ name }) => name === 'single')!);
    expect(read() - headerBytes).toBe(3 * 5 * 4);
    expect(headerBytes).toBeLessThan(file.bytes.size - 3 * 5 * 4);
  });

  it.skipIf(!existsSync(realModel))('reads a real model and writes the same tensors back', async () => {
    const bytes = new Uint8Array(readFileSync(realModel));
    const tensors = await openSafetensors(fileOf(bytes));
    expect(tensors).toHaveLength(47);
    const again = await openSafetensors(fileOf(await written(tensors)));
    for (const [index, tensor] of again.entries()) {
      const original = tensors.find(({ name }) => name === tensor.name)!;
      expect(tensor.shape, `shape of tensor ${index}`).toEqual(original.shape);
      expect(Buffer.compare(await readBytes(tensor), await readBytes(original)), tensor.name).toBe(0);
    }
  });

  const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'F32') => ({
    dtype,
    shape,
    data_offsets: offsets,
  });
  it.each<[string, Parameters<typeof safetensorsFile>, RegExp]>([
    ['a header of 2^60 bytes', [{}, 0, 2n ** 60n], /header does not fit, got 1152921504606846976 bytes/],
    ['a header longer than the file', [{}, 0, 3n], /does not fit, got 3 bytes, expected at most 2/],
    ['a header that is not JSON', ['{"a"', 0], /not valid JSON/],
    ['a header that is a list', ['[]', 0], /not an object/],
    [
      'a file that is cut off',
      [{ a: entry([2], [0, 8]) }, 7],
      /"a".*end after the file, got end 8, expected at most 7/,
    ],
    ['bytes after the last tensor', [{ a: entry([1], [0, 4]) }, 5], /bytes after the last tensor/],
    ['overlapping tensors', [{ a: entry([2], [0, 8]), b: entry([2], [4, 12]) }, 12], /"b": overlaps/],
    ['a gap', [{ a: entry([1], [0, 4]), b: entry([1], [8, 12]) }, 12], /"b": a gap precedes it/],
    ['a gap at the front', [{ a: entry([1], [4, 8]) }, 8], /"a": a gap/],
    ['an unknown dtype', [{ a: entry([1], [0, 4], 'F4') }, 4], /"a": unknown dtype, got "F4"/],
    ['a dtype from an object’s insides', [{ a: entry([1], [0, 4], 'toString') }, 4], /unknown dtype/],
    ['no dtype', [{ a: { shape: [1], data_offsets: [0, 4] } }, 4], /unknown dtype, got nothing/],
    [
      'a tensor that stands twice',
      ['{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}', 0],
      /"a": stands twice/,
    ],
    ['offsets backwards', [{ a: entry([0], [4, 0]) }, 4], /offsets disagree/],
    ['negative offsets', [{ a: entry([1], [-4, 0]) }, 4], /bad data_offsets/],
    ['offsets that are no integers', [{ a: entry([1], [0.5, 4.5]) }, 8], /bad data_offsets/],
    ['offsets that disagree with the shape', [{ a: entry([2], [0, 4]) }, 4], /got 4 bytes, expected 8/],
    ['a shape whose product overflows', [{ a: entry([2 ** 40, 2 ** 40], [0, 0]) }, 0], /impossible shape/],
    [
      'a shape that wraps to zero at 2^64',
      [{ a: entry([2 ** 32, 2 ** 32, 0], [0, 0]) }, 0],
      /impossible shape/,
    ],
    ['a negative size', [{ a: entry([-1], [0, 4]) }, 4], /impossible shape/],
    ['a shape that is no list', [{ a: entry('3', [0, 4]) }, 4], /impossible shape/],
    ['a name with ..', [{ '../a': entry([1], [0, 4]) }, 4], /"\.\.\/a": has a name like a path/],
    ['a name with a control character', [{ 'a\u0000': entry([1], [0, 4]) }, 4], /control character/],
    [
      'the name __proto__',
      ['{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4],
      /reserved name/,
    ],
    ['an entry that is no object', [{ a: 7 }, 0], /"a": its entry is not an object/],
    ['metadata that is no strings', [{ __metadata__: { a: 1 } }, 0], /not an object of strings/],
  ])('refuses %s, naming the file', async (_, parameters, message) => {
    const error: unknown = await openSafetensors(safetensorsFile(...parameters)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(WeightFileError);
    expect((error as WeightFileError).message).toMatch(message);
    expect((error as WeightFileError).file).toBe('hostile.safetensors');
  });

  it('refuses a file of less than eight bytes', async () => {
    await expect(openSafetensors(fileOf(new Uint8Array(7)))).rejects.toThrow(
      /got 7 bytes, expected at least 8/,
    );
  });

  it('refuses a source that answers with the wrong number of bytes', async () => {
    const { name, bytes } = fixture('mixed.safetensors');
    for (const change of [-1, 1]) {
      const slice = (start: number, end: number) => bytes.slice(start, start > 8 ? end + change : end);
      const tensors = await openSafetensors({ name, bytes: { size: bytes.size, slice } });
      await expect(readBytes(tensors[0]!)).rejects.toThrow(/short read|wrong/);
    }
  });

  it(`survives mutations: a readable file or a WeightFileError, never more bytes than the file has`, async () => {
    const bytes = fixtureBytes('mixed.safetensors');
    const property = fc.asyncProperty(mutated(bytes), async (mutant) => {
      try {
        const tensors = await openSafetensors(fileOf(mutant));
        const total = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
        expect(total).toBeLessThan(mutant.length);
        for (const tensor of tensors) expect((await readBytes(tensor)).length).toBe(tensor.byteLength);
      } catch (error) {
        expect(error).toBeInstanceOf(WeightFileError);
      }
    });
    await fc.assert(property, { numRuns: fuzzRuns, seed: 1 });
  });
});

describe('writeSafetensors', () => {
  it('begins the data and every tensor at a multiple of 8 or of the element size', async () => {
    const bytes = await written(await openSafetensors(fixture('mixed.safetensors')));
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    const again = await openSafetensors(fileOf(bytes));
    expect(await described(again)).toEqual(numbers('mixed.safetensors'));
  });

  it('round-trips any names and shapes', async () => {
    const names = fc.uniqueArray(
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
        .filter((name) => !/[/\\]|\.\.|\p{Cc}|^__/u.test(name)),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.nat(3), { maxLength: 3 }), async (keys, shape) => {
        const length = shape.reduce((product, size) => product * size, 1);
        const data = Float32Array.from({ length }, (_, index) => index / 3);
        const record = Object.fromEntries(keys.map((key) => [key, { shape, data }]));
        const again = await openSafetensors(fileOf(await written(float32Sources(record))));
        expect(new Set(again.map(({ name }) => name))).toEqual(new Set(keys));
        for (const tensor of again) expect(await toFloat32(tensor)).toEqual(data);
      }),
      { numRuns: 50, seed: 2 },
    );
  });

  it('refuses two tensors of one name and a tensor of the wrong length', async () => {
    const [tensor] = float32Sources({ x: { shape: [2], data: new Float32Array(2) } });
    expect(() => writeSafetensors([tensor!, tensor!])).toThrow(/one name/);
    await expect(written([{ ...tensor!, byteLength: 12, shape: [3] }])).rejects.toThrow(
      /x has the wrong length/,
    );
  });
});
