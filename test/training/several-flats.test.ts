/** Parameters beyond one binding: several flat variables train as one, and what no binding holds is refused by name. */
import { describe, expect, it } from 'vitest';
import { OutOfGpuMemoryError } from '../../src/gpu/buffers.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { train } from '../../src/training/train.ts';
import { Trainer, type StepMeasurement, type TrainerOptions } from '../../src/training/trainer.ts';
import { limitedGpu, testGpu } from '../gpu/device.ts';
import { modelFixture } from '../models/model-fixture.ts';
import { tinyModels } from '../models/tiny-models.ts';
import { expectClose } from '../ops/harness.ts';

const { family, config, weights, layout } = modelFixture({ ...tinyModels[0]!.config, num_hidden_layers: 5 });
/** Room for every tensor of the step; the parameters take over five times as much. */
const bytes = 24_000;
const small = { maxStorageBufferBindingSize: bytes, maxBufferSize: bytes };
const steps = 32;

type Optimizer = TrainerOptions['optimizer'];

function optionsWith(change: Partial<Optimizer>, accumulation: number): TrainerOptions {
  return {
    shape: { batch: 4, time: 12 },
    accumulation,
    optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: null, ...change },
    schedule: { kind: 'cosine', peak: 2e-3, warmupSteps: 5, steps, finalFraction: 0.1 },
    validates: true,
  };
}

function batchAt(step: number) {
  const tokens = Int32Array.from({ length: 48 }, (_, i) => (i * i + step * 7) % 37);
  return { tokens, targets: tokens.map((token, i) => (i % 7 === 0 ? -100 : (token * 3 + 1) % 37)) };
}

const kinds = ['parameters', 'firstMoment', 'secondMoment'] as const;

async function stateOf(trainer: Trainer, kind: (typeof kinds)[number]): Promise<[string, Float32Array][]> {
  const tensors: [string, Float32Array][] = [];
  for await (const [name, data] of trainer.read(kind)) tensors.push([name, data]);
  return tensors;
}

async function start(gpu: Gpu, options: TrainerOptions): Promise<Trainer> {
  const trainer = await Trainer.create(gpu, family, config, options);
  trainer.load('parameters', weights);
  return trainer;
}

async function measure(trainer: Trainer, until: number): Promise<StepMeasurement[]> {
  const all: StepMeasurement[] = [];
  for await (const measured of train(trainer, { batchAt, until })) all.push(...measured);
  return all;
}

const lossesOf = (measured: readonly StepMeasurement[]) => measured.map(({ loss }) => loss);
const normsOf = (measured: readonly StepMeasurement[]) => measured.map(({ gradNorm }) => gradNorm);

/** One run over one flat, one over several: measurements and all state at the end. */
async function both(options: TrainerOptions) {
  const run = async (gpu: Gpu) => {
    const trainer = await start(gpu, options);
    const measured = await measure(trainer, steps);
    const states = await Promise.all(kinds.map((kind) => stateOf(trainer, kind)));
    const validation = await trainer.validationLoss([batchAt(100)]);
    await trainer.dispose();
    return { flats: trainer.layout.flats, measured, states, validation };
  };
  const gpu = await testGpu();
  const [whole, cut] = [await run(gpu), await run(limitedGpu(gpu, small))];
  expect(whole.flats).toHaveLength(1);
  expect(cut.flats.length).toBeGreaterThan(5);
  return { whole, cut };
}

describe('several flat variables', () => {
  it.each([{ accumulation: 1 }, { accumulation: 2 }])(
    'train to the same bits as one ($accumulation micro-batches)',
    async ({ accumulation }) => {
      const { whole, cut } = await both(optionsWith({}, accumulation));
      expect(lossesOf(cut.measured)).toEqual(lossesOf(whole.measured));
      expect(cut.states).toEqual(whole.states);
      expect(cut.validation).toBe(whole.validation);
      // The norm's partial sums are cut where the flats are.
      expectClose(normsOf(cut.measured), normsOf(whole.measured), 1e-6, 'gradient norms');
    },
  );

  it('train within the rounding of the norm where gradients are clipped', async () => {
    const { whole, cut } = await both(optionsWith({ maxGradNorm: 0.5 }, 1));
    expect(normsOf(whole.measured).filter((norm) => norm > 0.5).length).toBeGreaterThan(steps / 2);
    expectClose(lossesOf(cut.measured), lossesOf(whole.measured), 1e-6, 'losses');
    // All together: a key's bias has no gradient but rounding, which Adam makes as large as any other.
    const weightsOf = ({ states }: typeof cut) => states[0]!.flatMap(([, data]) => [...data]);
    expectClose(weightsOf(cut), weightsOf(whole), 1e-4, 'weights');
  });

  it('keep moments in 8 bits, and resume on the same bits', async () => {
    const gpu = limitedGpu(await testGpu(), small);
    const options = optionsWith({ moments: '8bit', maxGradNorm: 0.5 }, 1);
    const straight = await start(gpu, options);
    const losses = lossesOf(await measure(straight, steps));
    expect(losses.at(-1)!).toBeLessThan(0.9 * losses[0]!);
    const first = await start(gpu, options);
    await measure(first, 9);
    const second = await start(gpu, options);
    for (const kind of kinds) second.load(kind, await stateOf(first, kind));
    second.resumeAt(9);
    expect(lossesOf(await measure(second, steps))).toEqual(losses.slice(9));
    for (const kind of kinds) expect(await stateOf(second, kind)).toEqual(await stateOf(straight, kind));
    await Promise.all([straight.dispose(), first.dispose(), second.dispose()]);
  });

  it('lie in buffers of which none is larger than the adapter grants', async () => {
    const trainer = await start(limitedGpu(await testGpu(), small), optionsWith({}, 1));
    const { plan, graph } = trainer.program.forwardBackward;
    const sizes = [...graph.variables.keys()].map((name) => trainer.store.buffer(name).size);
    sizes.push(...plan.slots.map((slot) => slot.bytes));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(bytes);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(4 * 4 * layout.count);
    await trainer.dispose();
  });

  it('refuse a parameter that no binding holds, by name, before anything is allocated', async () => {
    const tooSmall = limitedGpu(await testGpu(), { maxStorageBufferBindingSize: 4096 });
    const refused = Trainer.create(tooSmall, family, config, optionsWith({}, 1));
    await expect(refused).rejects.toThrow(OutOfGpuMemoryError);
    await expect(refused).rejects.toThrow(
      /attention\.query_key_value\.weight \(72, 24\) is too large for this adapter, got 6\.8 KiB, expected at most 4\.0 KiB in one binding.*2 times smaller: use a smaller vocabulary or width/,
    );
  });
});
