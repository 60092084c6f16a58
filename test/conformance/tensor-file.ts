/** A small safetensors file whole in memory: floats as f32, i64 narrowed to i32 (token ids and −100). */
import { readFile } from 'node:fs/promises';
import { openSafetensors } from '../../src/checkpoints/safetensors.ts';
import { readBytes, toFloat32 } from '../../src/checkpoints/tensor-source.ts';
import { floatWidths } from '../../src/checkpoints/dtype.ts';

export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Tensors by name; other types (the boolean masks of old files) are left out. */
export async function readTensors(path: string): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const source of await openSafetensors({ name: path, bytes: new Blob([await readFile(path)]) })) {
    const { name, dtype, shape } = source;
    if (floatWidths[dtype] !== undefined) tensors.set(name, { shape, data: await toFloat32(source) });
    if (dtype !== 'I64') continue;
    const { buffer } = await readBytes(source);
    tensors.set(name, { shape, data: Int32Array.from(new BigInt64Array(buffer), Number) });
  }
  return tensors;
}
