/** Each stage of an import alone, over as many bytes as the file has: what an import could not do without. */
import { createSHA256 } from 'hash-wasm';
import { readPieces } from '../../src/checkpoints/byte-source.ts';
import { finiteSource } from '../../src/checkpoints/finite-source.ts';
import { hashShard, maxShardBytes } from '../../src/checkpoints/shards.ts';
import type { Bytes } from '../../src/checkpoints/tensor-source.ts';
import type { FileTensor } from '../../src/checkpoints/weight-files.ts';
import type { Measured, Stage, Task } from './kinds.ts';

type Work = (shard: Bytes, shards: number, task: Task) => Promise<void>;

const works: Readonly<Record<Stage, Work>> = {
  async read(_, shards, { file }) {
    const pieces = readPieces({ name: file.name, bytes: file }, 0, shards * maxShardBytes);
    for await (const piece of pieces) void piece;
  },
  async download(_, shards, { hub }) {
    const address = `${hub.address}/${hub.repository}/resolve/${hub.commit}/model.safetensors`;
    let buffer = new ArrayBuffer(maxShardBytes);
    for (let index = 0; index < shards; index++) {
      const range = `bytes=${index * maxShardBytes}-${(index + 1) * maxShardBytes - 1}`;
      const { body } = await fetch(address, { headers: { range } });
      const reader = body!.getReader({ mode: 'byob' });
      for (let filled = 0; filled < maxShardBytes;) {
        const { value, done } = await reader.read(new Uint8Array(buffer, filled));
        if (done) throw new Error(`download: the hub of the benchmark sent ${filled} bytes of ${range}`);
        filled += value.length;
        buffer = value.buffer;
      }
    }
  },
  async finite(shard, shards) {
    const tensor: FileTensor = {
      file: 'file',
      name: 'weight',
      dtype: 'F32',
      shape: [(shards * shard.length) / 4],
      byteLength: shards * shard.length,
      async *read() {
        for (let index = 0; index < shards; index++) yield await Promise.resolve(shard);
      },
    };
    for await (const piece of finiteSource(tensor).read()) void piece;
  },
  copy(shard, shards) {
    const target = new Uint8Array(shard.length);
    for (let index = 0; index < shards; index++) target.set(shard);
    return Promise.resolve();
  },
  async 'shard hash'(shard, shards) {
    for (let index = 0; index < shards; index++) await hashShard(shard);
  },
  async 'file hash'(shard, shards) {
    const hash = await createSHA256();
    for (let index = 0; index < shards; index++) hash.update(shard);
    hash.digest();
  },
};

export async function measureStage(task: Task & { readonly kind: Stage }): Promise<Measured> {
  const shard = new Uint8Array(await task.file.slice(0, maxShardBytes).arrayBuffer());
  // Numbers, whatever the header is.
  shard.fill(0x3d, 0, 2 ** 20);
  const shards = Math.floor(task.file.size / maxShardBytes);
  const start = performance.now();
  await works[task.kind](shard, shards, task);
  return { seconds: (performance.now() - start) / 1000, bytes: shards * maxShardBytes };
}
