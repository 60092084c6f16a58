/** Small weight files whole in memory: floats as f32, i64 narrowed to i32 (token ids and −100). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { floatWidths } from '../../src/checkpoints/dtype.ts';
import { openSafetensors } from '../../src/checkpoints/safetensors.ts';
import { readBytes, toFloat32, type TensorSource } from '../../src/checkpoints/tensor-source.ts';
import { openWeights, type ModelFolder } from '../../src/checkpoints/weight-files.ts';

export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type HostTensors = Map<string, HostTensor>;

/** The tensors of one safetensors file by name. */
export async function readTensors(path: string): Promise<HostTensors> {
  return inMemory(await openSafetensors({ name: path, bytes: new Blob([await readFile(path)]) }));
}

/** The weights of a directory by name: one file or several with an index, as an import reads them. */
export async function readWeights(directory: string): Promise<HostTensors> {
  return inMemory(await openWeights(await folderOnDisk(directory)));
}

/** A directory as the importer sees it. */
export async function folderOnDisk(directory: string): Promise<ModelFolder> {
  const open = async (name: string): Promise<Blob> => new Blob([await readFile(join(directory, name))]);
  return { names: await readdir(directory), open };
}

/** Other types (the boolean masks of old files) are left out. */
async function inMemory(sources: readonly TensorSource[]): Promise<HostTensors> {
  const tensors: HostTensors = new Map();
  for (const source of sources) {
    const { name, dtype, shape } = source;
    if (floatWidths[dtype] !== undefined) tensors.set(name, { shape, data: await toFloat32(source) });
    if (dtype !== 'I64') continue;
    const { buffer } = await readBytes(source);
    tensors.set(name, { shape, data: Int32Array.from(new BigInt64Array(buffer), Number) });
  }
  return tensors;
}
