/** Weight files for tests: those that PyTorch and safetensors wrote (fixtures/make.py), and hostile ones made here. */
import { readFileSync } from 'node:fs';
import type { NamedFile } from '../../src/checkpoints/byte-source.ts';
import { floatWidths } from '../../src/checkpoints/dtype.ts';
import { toFloat32, type TensorSource } from '../../src/checkpoints/tensor-source.ts';

const folder = new URL('fixtures/', import.meta.url);

export type Described = Record<string, { shape: number[]; values: string[] }>;

/** What the library that wrote a file reads from it: float tensors, values in Python's notation. */
export const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<
  string,
  Described
>;

export function fixtureBytes(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

export function fixture(name: string): NamedFile {
  return fileOf(fixtureBytes(name), name);
}

export function fileOf(bytes: Uint8Array<ArrayBuffer>, name = 'hostile'): NamedFile {
  return { name, bytes: new Blob([bytes]) };
}

/** A file that counts the bytes read from it. */
export function counting(file: NamedFile): { file: NamedFile; read: () => number } {
  let total = 0;
  const slice = (start: number, end: number) => {
    total += end - start;
    return file.bytes.slice(start, end);
  };
  return { file: { name: file.name, bytes: { size: file.bytes.size, slice } }, read: () => total };
}

/** The float tensors of a file in the form of `expected`, values as numbers. */
export async function described(tensors: readonly TensorSource[]) {
  const entries: [string, { shape: readonly number[]; values: number[] }][] = [];
  for (const tensor of tensors) {
    if (floatWidths[tensor.dtype] === undefined) continue;
    entries.push([tensor.name, { shape: tensor.shape, values: [...(await toFloat32(tensor))] }]);
  }
  return Object.fromEntries(entries);
}

/** `expected` with its values as numbers. */
export function numbers(file: string) {
  const python: Record<string, number> = { inf: Infinity, '-inf': -Infinity };
  return Object.fromEntries(
    Object.entries(expected[file]!).map(([name, { shape, values }]) => [
      name,
      { shape, values: values.map((value) => python[value] ?? Number(value)) },
    ]),
  );
}

/** A safetensors file with this header, as text or as an object, and this many bytes of data. */
export function safetensorsFile(header: unknown, dataBytes: number, claimedLength?: bigint): NamedFile {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, claimedLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return fileOf(bytes, 'hostile.safetensors');
}
