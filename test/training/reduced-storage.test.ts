/** Training with reduced storage: near the f32 curve, and resumed on the same bits. `bench precision` has 300 steps. */
import { describe, expect, it } from 'vitest';
import { curveDistance } from '../../bench/precision.ts';
import { train } from '../../src/training/train.ts';
import { Trainer, type TrainerOptions } from '../../src/training/trainer.ts';
import { testGpu } from '../gpu/device.ts';
import { modelFixture } from '../models/model-fixture.ts';
import { tinyModels } from '../models/tiny-models.ts';

const { family, config, weights } = modelFixture(tinyModels[0]!.config);
const options: TrainerOptions = {
  shape: { batch: 4, time: 12 },
  optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 },
  schedule: { kind: 'cosine', peak: 2e-3, warmupSteps: 5, steps: 60, finalFraction: 0.1 },
};
const eightBit: TrainerOptions = { ...options, optimizer: { ...options.optimizer, moments: '8bit' } };

function batchAt(step: number) {
  const tokens = Int32Array.from({ length: 48 }, (_, i) => (i * i + step * 7) % 37);
  return { tokens, targets: tokens.map((token) => (token * 3 + 1) % 37) };
}

async function start(change: TrainerOptions) {
  const trainer = await Trainer.create(await testGpu(), family, config, change);
  trainer.load('parameters', weights);
  return trainer;
}

async function losses(trainer: Trainer, until: number): Promise<number[]> {
  const all: number[] = [];
  for await (const measured of train(trainer, { batchAt, until }))
    all.push(...measured.map(({ loss }) => loss));
  return all;
}

describe('reduced storage', () => {
  it.each([
    { name: 'moments in 8 bits', change: eightBit },
    { name: 'activations in bf16', change: { ...options, activations: 'bf16' as const } },
    {
      name: 'both, and layers computed again',
      change: { ...eightBit, activations: 'bf16' as const, recompute: 'layer' as const },
    },
  ])('stays within 0.5 % of f32: $name', async ({ change }) => {
    const exact = await start(options);
    const reduced = await start(change);
    const expected = await losses(exact, 60);
    const actual = await losses(reduced, 60);
    expect(expected.at(-1)!).toBeLessThan(0.8 * expected[0]!);
    expect(curveDistance(actual, expected)).toBeLessThan(5e-3);
    expect(actual).not.toEqual(expected);
    expect(reduced.program.memory.total).toBeLessThan(exact.program.memory.total);
    await Promise.all([exact.dispose(), reduced.dispose()]);
  });

  it('resumes 8-bit moments, kept as f32, on the same bits', async () => {
    const straight = await start(eightBit);
    const expected = await losses(straight, 16);
    const first = await start(eightBit);
    await losses(first, 7);
    const second = await start(eightBit);
    for (const kind of ['parameters', 'firstMoment', 'secondMoment'] as const) {
      const tensors: [string, Float32Array][] = [];
      for await (const [name, data] of first.read(kind)) tensors.push([name, data]);
      expect(tensors.some(([, data]) => data.some((value) => value !== 0))).toBe(true);
      second.load(kind, tensors);
    }
    second.resumeAt(7);
    expect(await losses(second, 16)).toEqual(expected.slice(7));
    for await (const [name, data] of second.read('secondMoment'))
      expect(data, name).toEqual(await straight.readOne('secondMoment', name));
    await Promise.all([straight.dispose(), first.dispose(), second.dispose()]);
  });
});
