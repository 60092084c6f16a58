/** A model's weight file of any size on the disk: random bytes, so that no two shards are alike. */
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const blockBytes = 2 ** 24;
/** Of one layer, as a Llama of width 1536 has them: large ones that fill several shards, and norms that share one. */
const layer = [
  ['self_attn.q_proj.weight', [1536, 1536]],
  ['self_attn.k_proj.weight', [384, 1536]],
  ['mlp.up_proj.weight', [4096, 1536]],
  ['mlp.down_proj.weight', [1536, 4096]],
  ['input_layernorm.weight', [1536]],
] as const;

/** Writes float32 tensors of at least `bytes` bytes; returns the size of the file and its SHA-256, hex. */
export function writeModelFile(path: string, bytes: number): { bytes: number; sha256: string } {
  const entries: Record<string, unknown> = {};
  let end = 0;
  for (let index = 0; end < bytes; index++) {
    for (const [name, shape] of layer) {
      const begin = end;
      end += 4 * shape.reduce<number>((product, size) => product * size, 1);
      entries[`model.layers.${index}.${name}`] = { dtype: 'F32', shape, data_offsets: [begin, end] };
    }
  }
  const json = JSON.stringify(entries);
  // Padded as writers do, so that every number lies where a number can be read.
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  const hash = createHash('sha256').update(length).update(header);
  writeSync(file, Buffer.concat([length, header]));
  const block = Buffer.alloc(blockBytes);
  for (let left = end; left > 0; left -= blockBytes) {
    // Numbers between −1 and 1: a float's upper byte is what can make it NaN.
    const part = randomFillSync(block).subarray(0, Math.min(left, blockBytes));
    for (let at = 3; at < part.length; at += 4) part[at] = (part[at]! & 0x80) | 0x3d;
    writeSync(file, part);
    hash.update(part);
  }
  closeSync(file);
  return { bytes: length.length + header.length + end, sha256: hash.digest('hex') };
}
