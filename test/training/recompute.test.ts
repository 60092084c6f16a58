/** Recompute: the same bits from less memory, and as much of it as it takes to fit. */
import { describe, expect, it } from 'vitest';
import { OutOfGpuMemoryError } from '../../src/gpu/buffers.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { recomputePolicies } from '../../src/graph/recompute.ts';
import { train } from '../../src/training/train.ts';
import { Trainer, type TrainerOptions } from '../../src/training/trainer.ts';
import { testGpu } from '../gpu/device.ts';
import { modelFixture } from '../models/model-fixture.ts';
import { tinyModels } from '../models/tiny-models.ts';

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
  const create = async (budget: number) => {
    const { family, config } = model('gpt_neox, parallel');
    const gpu = Object.create(await testGpu(), { memoryBudget: { value: budget } }) as Gpu;
    return Trainer.create(gpu, family, config, options);
  };

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
