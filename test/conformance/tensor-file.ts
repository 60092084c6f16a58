/** Small safetensors files, whole in memory: f32 as it is, i64 narrowed to i32 (token ids and −100). */

export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Tensors by name; other types (the boolean masks of old files) are left out. */
export function readTensors(file: Buffer): Map<string, HostTensor> {
  const headerEnd = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, headerEnd)) as Record<string, Entry>;
  const tensors = new Map<string, HostTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    // Copied, so that the view is aligned whatever the header's length.
    const { buffer } = Uint8Array.from(file.subarray(headerEnd + offsets[0], headerEnd + offsets[1]));
    if (dtype === 'F32') tensors.set(name, { shape, data: new Float32Array(buffer) });
    else if (dtype === 'I64')
      tensors.set(name, { shape, data: Int32Array.from(new BigInt64Array(buffer), Number) });
  }
  return tensors;
}
