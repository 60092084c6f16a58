/** Recompute: the same bits from less memory, and as much of it as it takes to fit. */
import { describe, expect, it } from 'vitest';
import { OutOfGpuMemoryError } from '../../src/gpu/buffers.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { Executable } from '../../src/graph/executable.ts';
import { Graph } from '../../src/graph/graph.ts';
import { recomputePolicies } from '../../src/graph/recompute.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { causalAttention } from '../../src/ops/causal-attention.ts';
import { train } from '../../src/training/train.ts';
import { Trainer, type TrainerOptions } from '../../src/training/trainer.ts';
import { limitedGpu, testGpu } from '../gpu/device.ts';
import { modelFixture } from '../models/model-fixture.ts';
import { tinyModels } from '../models/tiny-models.ts';
import { choicesBy } from '../ops/harness.ts';

const options: TrainerOptions = {
  shape: { batch: 4, time: 12 },
  optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 },
  schedule: { kind: 'constant', peak: 2e-3, warmupSteps: 0, steps: 8, finalFraction: 1 },
};

function model(name: string) {
  return modelFixture(tinyModels.find((tiny) => tiny.name === name)!.config);
}

function batchAt(step: number) {
  const tokens = Int32Array.from({ length: 48 }, (_, i) => (i * i + step * 7) % 19);
  return { tokens, targets: tokens.map((token) => (token * 3 + 1) % 19) };
}

async function trained(name: string, change: Partial<TrainerOptions>) {
  const { family, config, weights } = model(name);
  const trainer = await Trainer.create(await testGpu(), family, config, { ...options, ...change });
  trainer.load('parameters', weights);
  const losses: number[] = [];
  for await (const measured of train(trainer, { batchAt, until: 8 }))
    losses.push(...measured.map(({ loss, gradNorm }) => loss + gradNorm));
  const final: number[] = [];
  for await (const [, data] of trainer.read('parameters')) final.push(...data);
  const { memory, recompute, recomputeSaves } = trainer.program;
  await trainer.dispose();
  return { losses, final, bytes: memory.total, recompute, recomputeSaves };
}

describe('recompute', () => {
  it.each(['gpt_neox, parallel', 'gpt_neox, sequential', 'llama', 'open_lm, rms, rotary'])(
    'gives %s the same bits from less memory',
    async (name) => {
      const [none, cheap, layer] = await Promise.all(
        recomputePolicies.map((recompute) => trained(name, { recompute })),
      );
      for (const other of [cheap!, layer!]) {
        expect(other.losses).toEqual(none!.losses);
        expect(other.final).toEqual(none!.final);
        expect(other.recomputeSaves).toBe(none!.bytes - other.bytes);
      }
      expect(cheap!.bytes).toBeLessThan(none!.bytes);
      expect(layer!.bytes).toBeLessThan(cheap!.bytes);
    },
  );

  it('works together with accumulation', async () => {
    const [none, layer] = await Promise.all([
      trained('llama', { recompute: 'none', accumulation: 2 }),
      trained('llama', { recompute: 'layer', accumulation: 2 }),
    ]);
    expect(layer.final).toEqual(none.final);
    expect(layer.bytes).toBeLessThan(none.bytes);
  });
});

describe('the automatic choice', () => {
  const create = async (budget: number, change: Partial<TrainerOptions> = {}) => {
    const { family, config } = model('gpt_neox, parallel');
    const gpu = Object.create(await testGpu(), { memoryBudget: { value: budget } }) as Gpu;
    return Trainer.create(gpu, family, config, { ...options, ...change });
  };

  it('makes room for validation and for the update of micro-batches, and counts them', async () => {
    const accumulation = 2;
    const [alone, together] = [
      await create(Infinity, { accumulation }),
      await create(Infinity, { accumulation, validates: true }),
    ];
    const [without, { total }] = [alone.program.memory.total, together.program.memory];
    expect(together.program.recompute).toBe('none');
    expect(total).toBeGreaterThan(without);
    const less = await create(total - 1, { accumulation, validates: true });
    expect(less.program.recompute).toBe('cheap');
    expect(less.program.memory.total).toBeLessThan(total);
    await expect(alone.validationLoss([])).rejects.toThrow('expected the option validates: true');
    for (const trainer of [alone, together, less]) await trainer.dispose();
  });

  it('validates in the slots of the step, and changes none of its bits', async () => {
    const { weights } = model('gpt_neox, parallel');
    const [plain, validating] = [await create(Infinity), await create(Infinity, { validates: true })];
    const follow = async (trainer: Trainer, until: number) => {
      const losses: number[] = [];
      for await (const measured of train(trainer, { batchAt, until }))
        losses.push(...measured.map(({ loss }) => loss));
      return losses;
    };
    for (const trainer of [plain, validating]) trainer.load('parameters', weights);
    const expected = await follow(plain, 8);
    const before = await follow(validating, 5);
    // The loss of a step is that of the weights before it.
    expect(await validating.validationLoss([batchAt(6)])).toBeCloseTo(expected[5]!, 5);
    expect([...before, ...(await follow(validating, 8))]).toEqual(expected);
    await Promise.all([plain.dispose(), validating.dispose()]);
  });

  it('takes scratch that no binding holds for a lack of memory, and says whose it is', async () => {
    const gpu = limitedGpu(await testGpu(), { maxStorageBufferBindingSize: 4096, maxBufferSize: 4096 });
    const graph = new Graph();
    const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, [1, 64, 1, 4])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const y = causalAttention(graph, q, k, v, { scale: 0.5 });
    const choices = choicesBy((key) => (key.startsWith('causal-attention') ? 'products' : undefined));
    const refused = Executable.compile(gpu, graph, new VariableStore(gpu), { outputs: [y], choices });
    await expect(refused).rejects.toThrow(OutOfGpuMemoryError);
    await expect(refused).rejects.toThrow(/scratch\..* of .* \(1, 1, 64, 64\) is too large for this adapter/);
  });

  it('recomputes no more than it takes to fit, and refuses with the table what cannot fit', async () => {
    const whole = await create(Infinity);
    expect(whole.program.recompute).toBe('none');
    const { total } = whole.program.memory;
    const less = await create(total - 1);
    expect(less.program.recompute).toBe('cheap');
    const least = await create(less.program.memory.total - 1);
    expect(least.program.recompute).toBe('layer');
    const refused = create(least.program.memory.total - 1);
    await expect(refused).rejects.toThrow(OutOfGpuMemoryError);
    await expect(refused).rejects.toThrow(/peakLive[^]*recompute "layer"[^]*accumulation: n/);
    for (const trainer of [whole, less, least]) await trainer.dispose();
  });
});
