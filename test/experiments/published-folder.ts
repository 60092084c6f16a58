/** Reading and writing the files of published models in tests. */
import { readFile } from 'node:fs/promises';
import type { Json } from '../../src/checkpoints/manifest.ts';
import { writeSafetensors } from '../../src/checkpoints/safetensors.ts';
import type { TensorSource } from '../../src/checkpoints/tensor-source.ts';

export async function readJson(path: string): Promise<Json> {
  return JSON.parse(await readFile(path, 'utf8')) as Json;
}

export async function safetensorsFile(tensors: readonly TensorSource[]): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of writeSafetensors(tensors).stream()) pieces.push(new Uint8Array(piece));
  return new Blob(pieces);
}
