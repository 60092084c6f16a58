import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  attachTfjs,
  bufferOf,
  flush,
  internalMembers,
  toTfjs,
  type WebGPUBackend,
} from '../../src/analysis/tfjs-backend.ts';
import { allocateBuffers, readBuffer } from '../../src/gpu/buffers.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { seededNormal } from '../ops/harness.ts';
import { testGpu } from '../gpu/device.ts';

let gpu: Gpu;
let backend: WebGPUBackend;
beforeAll(async () => {
  gpu = await testGpu();
  backend = await attachTfjs(gpu);
});

async function filledBuffer(values: readonly number[]): Promise<GPUBuffer> {
  const [buffer] = await allocateBuffers(gpu, [{ label: 'engine', bytes: values.length * 4 }]);
  gpu.device.queue.writeBuffer(buffer!, 0, Float32Array.from(values));
  return buffer!;
}

describe('tfjs on the engine’s device', () => {
  it('is the version whose internals the bridge was written for', () => {
    const manifest = readFileSync('node_modules/@tensorflow/tfjs-backend-webgpu/package.json', 'utf8');
    expect((JSON.parse(manifest) as { version: string }).version).toBe('4.22.0');
    expect(tf.version['tfjs-core']).toBe('4.22.0');
  });

  it('has every internal member that the bridge uses', () => {
    expect(internalMembers.filter((name) => !(name in backend))).toEqual([]);
  });

  it('computes on that device', async () => {
    expect(tf.getBackend()).toBe('webgpu');
    expect(backend.device).toBe(gpu.device);
    expect(await tf.tensor1d([1, 2, 3]).square().data()).toEqual(Float32Array.of(1, 4, 9));
  });

  it('shares a whole buffer without a copy', async () => {
    const buffer = await filledBuffer([1, 2, 3, 4]);
    const shared = toTfjs(backend, buffer, [2, 2]);
    expect(bufferOf(backend, shared)).toBe(buffer);
    gpu.device.queue.writeBuffer(buffer, 0, Float32Array.of(5, 6, 7, 8));
    expect(await shared.add(1).array()).toEqual([
      [6, 7],
      [8, 9],
    ]);
    shared.dispose();
    expect(new Float32Array(await readBuffer(gpu, buffer))[3]).toBe(8);
  });

  it('copies a part of a buffer, to exactly its size', async () => {
    const buffer = await filledBuffer([1, 2, 3, 4, 5, 6, 7]);
    const part = toTfjs(backend, buffer, [3], 2);
    expect(bufferOf(backend, part).size).toBe(12);
    expect(await part.data()).toEqual(Float32Array.of(3, 4, 5));
    const odd = toTfjs(backend, buffer, [7]); // the buffer itself is longer: 16-byte steps
    expect(await odd.data()).toHaveLength(7);
  });

  it('shows its results to the engine once flushed', async () => {
    const result = tf.tensor1d([1, 2]).mul(3);
    const buffer = bufferOf(backend, result);
    flush(backend);
    expect(new Float32Array(await readBuffer(gpu, buffer))).toEqual(Float32Array.of(3, 6));
    flush(backend); // nothing recorded: no error
  });

  it('multiplies by a long transposed matrix correctly, where its default choice of kernel does not', async () => {
    const [m, k, n] = [16, 2048, 32];
    const normal = seededNormal(5);
    const a = Float32Array.from({ length: m * k }, normal);
    const b = Float32Array.from({ length: n * k }, normal);
    const product = await tf.matMul(tf.tensor2d(a, [m, k]), tf.tensor2d(b, [n, k]), false, true).data();
    let worst = 0;
    for (let i = 0; i < m * n; i++) {
      let exact = 0;
      for (let p = 0; p < k; p++) exact += a[Math.floor(i / n) * k + p]! * b[(i % n) * k + p]!;
      worst = Math.max(worst, Math.abs(product[i]! - exact));
    }
    expect(worst).toBeLessThan(1e-3); // of values around 45; the wrong kernel is off by their size
  });
});
