/** Gradient accumulation: the same training as one big batch, whatever number of targets each micro-batch has. */
import { describe, expect, it } from 'vitest';
import { initialParameters } from '../../src/models/parameter-layout.ts';
import { gptNeoX, type GptNeoXConfig } from '../../src/models/gpt-neox.ts';
import { microBatches, type Batch } from '../../src/training/batch.ts';
import { microShape } from '../../src/training/step-program.ts';
import { train } from '../../src/training/train.ts';
import { Trainer, type StepMeasurement, type TrainerOptions } from '../../src/training/trainer.ts';
import { testGpu } from '../gpu/device.ts';
import { expectClose, seededNormal } from '../ops/harness.ts';

const config: GptNeoXConfig = {
  vocabularySize: 31,
  layers: 2,
  width: 24,
  heads: 3,
  feedForward: 50,
  rotaryFraction: 0.25,
  rotaryBase: 10_000,
  rotaryScaling: null,
  parallelResidual: false,
  layerNormEpsilon: 1e-5,
  initializerRange: 0.08,
  tied: true,
  attentionBias: true,
  activation: 'gelu',
  contextLength: 11,
};
const steps = 36;
const options: TrainerOptions = {
  shape: { batch: 6, time: 11 },
  // Clipping takes part in most steps: it must see the whole batch's gradient.
  optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 0.5 },
  schedule: { kind: 'cosine', peak: 2e-3, warmupSteps: 5, steps, finalFraction: 0.1 },
  validates: true,
};

/** Row r of a batch keeps about one target in r + 1, and from step 20 on the last two rows keep none. */
function batchAt(step: number): Batch {
  const { batch, time } = options.shape;
  const tokens = Int32Array.from({ length: batch * time }, (_, i) => (i * i + step * 7) % 31);
  const targets = tokens.map((token, i) => {
    const row = Math.floor(i / time);
    const ignored = (i + step) % (row + 1) !== 0 || (step >= 20 && row >= 4);
    return ignored ? -100 : (token * 3 + 1) % 31;
  });
  return { tokens, targets };
}

async function start(accumulation?: number): Promise<Trainer> {
  const trainer = await Trainer.create(await testGpu(), gptNeoX, config, { ...options, accumulation });
  trainer.load(
    'parameters',
    initialParameters(gptNeoX.parameters(config), (name, count) =>
      Float64Array.from({ length: count }, seededNormal(7 + name.length)),
    ),
  );
  return trainer;
}

async function run(trainer: Trainer, until: number): Promise<StepMeasurement[]> {
  const all: StepMeasurement[] = [];
  for await (const measured of train(trainer, { batchAt, until })) all.push(...measured);
  return all;
}

async function weights(trainer: Trainer): Promise<number[]> {
  const all: number[] = [];
  for await (const [, data] of trainer.read('parameters')) all.push(...data);
  return all;
}

describe('gradient accumulation', () => {
  it('trains as the big batch does, with uneven numbers of targets', async () => {
    const whole = await start();
    const expected = await run(whole, steps);
    const expectedWeights = await weights(whole);
    const validation = await whole.validationLoss([batchAt(100), batchAt(101)]);
    expect(expected.some(({ gradNorm }) => gradNorm > 0.5)).toBe(true);
    await whole.dispose();
    for (const accumulation of [2, 3, 6]) {
      const parts = await start(accumulation);
      const measured = await run(parts, steps);
      // f32 sums in another order, through 36 steps of Adam: far below the 1e-3 that a wrong weighting gives at once.
      const what = (name: string) => `${name} in ${accumulation} parts`;
      const losses = (of: readonly StepMeasurement[]) => of.map(({ loss }) => loss);
      const norms = (of: readonly StepMeasurement[]) => of.map(({ gradNorm }) => gradNorm);
      expectClose(losses(measured), losses(expected), 1e-5, what('losses'));
      expectClose(norms(measured), norms(expected), 1e-4, what('gradient norms'));
      expectClose(await weights(parts), expectedWeights, 1e-4, what('weights'));
      const again = await parts.validationLoss([batchAt(100), batchAt(101)]);
      expect(Math.abs(again / validation - 1)).toBeLessThan(1e-5);
      await parts.dispose();
    }
  });

  it('resumes on the same bits', async () => {
    const straight = await start(3);
    const losses = (await run(straight, 14)).map(({ loss }) => loss);
    const first = await start(3);
    await run(first, 6);
    const second = await start(3);
    for (const kind of ['parameters', 'firstMoment', 'secondMoment'] as const) {
      const tensors: [string, Float32Array][] = [];
      for await (const [name, data] of first.read(kind)) tensors.push([name, data]);
      second.load(kind, tensors);
    }
    second.resumeAt(6);
    expect((await run(second, 14)).map(({ loss }) => loss)).toEqual(losses.slice(6));
    expect(await weights(second)).toEqual(await weights(straight));
    await Promise.all([straight.dispose(), first.dispose(), second.dispose()]);
  });

  it('needs less memory than the whole batch', async () => {
    const whole = await start();
    const parts = await start(6);
    expect(parts.program.memory.slots).toBeLessThan(whole.program.memory.slots / 3);
    await Promise.all([whole.dispose(), parts.dispose()]);
  });

  it('refuses to cut a batch unevenly', () => {
    expect(() => microShape({ shape: { batch: 6, time: 8 }, accumulation: 4 })).toThrow(
      'a batch of 6 sequences cannot be cut into equal micro-batches, got accumulation 4, expected a divisor of 6',
    );
  });
});

describe('microBatches', () => {
  it('weighs every target by the number in the whole batch', () => {
    const tokens = Int32Array.of(1, 2, 3, 4);
    const parts = microBatches({ tokens, targets: Int32Array.of(5, 6, 7, -100) }, 2);
    expect(parts.map(({ weights }) => [...weights])).toEqual([
      [Math.fround(1 / 3), Math.fround(1 / 3)],
      [Math.fround(1 / 3), 0],
    ]);
    expect(parts.map(({ tokens: part }) => [...part])).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});
