/** Runs in a row leave no GPU buffer behind: every buffer that a run makes is destroyed when it ends. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { executeRun } from '../../src/experiments/execute-run.ts';
import { loadOnGpu } from '../../src/experiments/loaded-checkpoint.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { bytes, pretrain, testQueue } from '../experiments/fixtures.ts';
import { testGpu } from './device.ts';

const text = Array.from({ length: 30 }, (_, i) => `Day ${i}: the whale was seen ${i * i} times.`).join(
  '\n\n',
);
let gpu: Gpu;
let alive: number;
let restore: () => void;

beforeAll(async () => {
  gpu = await testGpu();
});

/** Counts buffers of the device that are made and not destroyed, from now on. */
function countBuffers(): void {
  const { device } = gpu;
  const create = device.createBuffer.bind(device);
  alive = 0;
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    let destroyed = false;
    alive++;
    buffer.destroy = () => {
      if (!destroyed) alive--;
      destroyed = true;
      return destroy();
    };
    return buffer;
  };
  restore = () => (device.createBuffer = create);
}

afterEach(() => restore());

const validation = { every: 2, batches: 1 };
const kinds = {
  finished: { steps: 3, checkpoints: [0, 3], validation },
  failed: { steps: 40, checkpoints: [40], optimizer: { learningRate: 1e9, maxGradNorm: null } },
  stopped: { steps: 100_000, checkpoints: [0] },
} as const;

describe('GPU buffers', () => {
  it('are all freed after each of twenty runs: finished, failed and stopped ones', async () => {
    const device = () => Promise.resolve(gpu);
    const { queue, resources, ended, until } = await testQueue(executeRun, { gpu: device });
    await resources.addFile('notes.txt', bytes(text));
    countBuffers();
    for (let seed = 0; seed < 20; seed++) {
      const kind = (['finished', 'failed', 'stopped'] as const)[seed % 3]!;
      const spec = pretrain({ ...kinds[kind], seed });
      await queue.start(spec);
      if (kind === 'stopped') {
        await until(spec, ({ status, done }) => status === 'running' && done > 0);
        expect(alive).toBeGreaterThan(10);
        await queue.stop(runId(spec));
      }
      const { status, error } = await ended(spec);
      expect(status, error ?? '').toBe(kind);
      expect(alive, `after run ${seed}, ${kind}`).toBe(0);
    }
  });

  it('are all freed after a checkpoint was asked, also when a plan does not fit', async () => {
    const { queue, store, resources, ended } = await testQueue(executeRun, {
      gpu: () => Promise.resolve(gpu),
    });
    await resources.addFile('notes.txt', bytes(text));
    const spec = pretrain(kinds.finished);
    await queue.start(spec);
    await ended(spec);
    countBuffers();
    const { tokenizer } = await resources.tokenizer(spec.data.tokenizer);
    for (const batchSize of [1, 3]) {
      const checkpoint = { run: runId(spec), step: 3 };
      const loaded = await loadOnGpu(gpu, store, checkpoint, { tokenizer, contextLength: 16, batchSize });
      const prompts = Array.from({ length: Math.min(3, batchSize) }, (_, i) => [i + 1, 2, 3]);
      const scores = loaded.model.scoreBatch(prompts.map((tokens) => ({ tokens, scored: 2 })));
      expect(await scores).toHaveLength(prompts.length);
      const limits = { newTokens: 4, stopTokens: [] };
      expect(await loaded.model.generateBatch(prompts, limits)).toHaveLength(prompts.length);
      expect(alive).toBeGreaterThan(10);
      await loaded.dispose();
      expect(alive).toBe(0);
    }
    const long = { tokenizer, contextLength: 2 ** 20, batchSize: 1 };
    const loaded = await loadOnGpu(gpu, store, { run: runId(spec), step: 3 }, long);
    const endless = Array.from({ length: 2 ** 20 }, () => 1);
    await expect(loaded.model.nextTokenBatch([{ context: endless, candidates: [1] }])).rejects.toThrow(
      /^(memory|matmul): [^]*smaller/,
    );
    await loaded.dispose();
    expect(alive).toBe(0);
  });
});
