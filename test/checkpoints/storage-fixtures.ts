/** Databases of their own for each test, seeded tensors, and what life does to stored bytes. */
import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { afterEach } from 'vitest';
import type { NewCheckpoint } from '../../src/checkpoints/checkpoint.ts';
import { openDatabase, type Database } from '../../src/checkpoints/database.ts';
import {
  float32Sources,
  toFloat32,
  type Float32Tensor,
  type TensorSource,
} from '../../src/checkpoints/tensor-source.ts';

const opened: Database[] = [];
let count = 0;

/** A fresh database, closed after the test; a given name opens the same one again, as a reloaded page does. */
export async function freshDatabase(name = `test ${count++}`): Promise<Database> {
  const database = await openDatabase({ name });
  opened.push(database);
  return database;
}

afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

/** Values in [-1, 1) of a linear congruential generator. */
export function seededValues(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

export function seededTensor(shape: readonly number[], seed: number): Float32Tensor {
  return {
    shape,
    data: seededValues(
      shape.reduce((product, size) => product * size, 1),
      seed,
    ),
  };
}

/** A small model: packed tensors, one empty, one scalar. */
export function smallModel(seed: number): Record<string, Float32Tensor> {
  return {
    'embed.weight': seededTensor([37, 8], seed),
    'norm.weight': seededTensor([8], seed + 1),
    scale: seededTensor([], seed + 2),
    empty: seededTensor([0, 8], seed + 3),
  };
}

export function checkpointOf(
  run: string,
  step: number,
  weights: Record<string, Float32Tensor>,
  rest: Partial<NewCheckpoint> = {},
): NewCheckpoint {
  return {
    run,
    step,
    tokens: step * 64,
    config: { model_type: 'test' },
    weights: float32Sources(weights),
    ...rest,
  };
}

/** Shape and hash of each tensor: comparing millions of numbers one by one takes seconds. */
export function fingerprintsOf(tensors: Readonly<Record<string, Float32Tensor>>): [string, string][] {
  return Object.entries(tensors).map(([name, { shape, data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return [name, `[${shape.join(', ')}] ${createHash('sha1').update(bytes).digest('hex')}`];
  });
}

/** The fingerprints of what sources yield, read one after the other. */
export async function fingerprints(sources: readonly TensorSource[]): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const source of sources) {
    found.push(...fingerprintsOf({ [source.name]: { shape: source.shape, data: await toFloat32(source) } }));
  }
  return found;
}

/** Turns one bit of a stored shard around. */
export async function flipBit(database: Database, shard: string, bit: number): Promise<void> {
  const bytes = (await database.get('shards', shard)) as Uint8Array<ArrayBuffer>;
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  await database.put('shards', bytes, shard);
}
