/** Training with a copy of the weights in bf16 for the products: the f32 that is trained is whole, and its bits certain. */
import { describe, expect, it } from 'vitest';
import { curveDistance } from '../../bench/precision.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import { layoutParameters, parametersName } from '../../src/models/parameter-layout.ts';
import { adamwScalars } from '../../src/ops/adamw.ts';
import { lossWeights } from '../../src/training/batch.ts';
import { learningRate } from '../../src/training/schedule.ts';
import { train } from '../../src/training/train.ts';
import { Trainer, type TrainerOptions } from '../../src/training/trainer.ts';
import { buildTrainingGraph } from '../../src/training/training-graph.ts';
import { limitedGpu, testGpu } from '../gpu/device.ts';
import { flatWeights, modelFixture } from '../models/model-fixture.ts';
import { tinyModels } from '../models/tiny-models.ts';
import { expectClose } from '../ops/harness.ts';

const fixture = modelFixture(tinyModels[0]!.config);
const { family, config, weights } = fixture;
const steps = 40;
const plain: TrainerOptions = {
  shape: { batch: 4, time: 12 },
  optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 },
  schedule: { kind: 'cosine', peak: 2e-3, warmupSteps: 5, steps, finalFraction: 0.1 },
};
const options: TrainerOptions = { ...plain, weights: 'bf16' };
const kinds = ['parameters', 'firstMoment', 'secondMoment'] as const;

function batchAt(step: number) {
  const tokens = Int32Array.from({ length: 48 }, (_, i) => (i * i + step * 7) % 37);
  return { tokens, targets: tokens.map((token) => (token * 3 + 1) % 37) };
}

async function start(change: TrainerOptions, gpu = testGpu()) {
  const trainer = await Trainer.create(await gpu, family, config, change);
  trainer.load('parameters', weights);
  return trainer;
}

async function losses(trainer: Trainer, until: number): Promise<number[]> {
  const all: number[] = [];
  for await (const measured of train(trainer, { batchAt, until }))
    all.push(...measured.map(({ loss }) => loss));
  return all;
}

async function stateOf(trainer: Trainer, kind: (typeof kinds)[number]): Promise<[string, Float32Array][]> {
  const tensors: [string, Float32Array][] = [];
  for await (const [name, data] of trainer.read(kind)) tensors.push([name, data]);
  return tensors;
}

describe('training by weights in bf16', () => {
  it('stays within 0.5 % of f32, for the bytes of the copy', async () => {
    const [exact, reduced] = [await start(plain), await start(options)];
    const [expected, actual] = [await losses(exact, steps), await losses(reduced, steps)];
    expect(expected.at(-1)!).toBeLessThan(0.8 * expected[0]!);
    expect(curveDistance(actual, expected)).toBeLessThan(5e-3);
    expect(actual).not.toEqual(expected);
    const { lookedUpEnd, decayEnd } = reduced.layout.flats[0]!;
    expect(lookedUpEnd).toBeGreaterThanOrEqual(37 * 24); // the embedding has no copy
    const copied = reduced.program.memory.slots - exact.program.memory.slots;
    expect(copied).toBeGreaterThan(0);
    expect(copied).toBeLessThanOrEqual(2 * (decayEnd - lookedUpEnd) + 256);
    await Promise.all([exact.dispose(), reduced.dispose()]);
  });

  it('follows the float64 reference, which rounds where it does, over 40 steps', async () => {
    const layout = layoutParameters(family.parameters(config), undefined, 'bf16-copy');
    const built = buildTrainingGraph({ family, config, layout, shape: plain.shape }, plain.optimizer);
    const flat = flatWeights({ ...fixture, layout });
    const reference = new Interpreter(built.graph, new Map([[parametersName, flat]]));
    const trainer = await start(options);
    const actual = await losses(trainer, steps);
    actual.forEach((loss, index) => {
      const { tokens, targets } = batchAt(index + 1);
      const scalars = adamwScalars(learningRate(plain.schedule, index + 1), plain.optimizer.betas, index + 1);
      reference.run({
        tokens,
        targets,
        weights: lossWeights(targets),
        scalars,
        row: Uint32Array.of(index + 1),
      });
      // A weight half way between two bf16 may be rounded otherwise: one part in 256 of it.
      expect(Math.abs(loss / reference.read(built.loss)[0]! - 1), `step ${index + 1}`).toBeLessThan(1e-3);
    });
    const trained = await stateOf(trainer, 'parameters');
    const wanted = layout.parameters.flatMap(({ offset, size }) => [...flat.subarray(offset, offset + size)]);
    expectClose(
      trained.flatMap(([, data]) => [...data]),
      wanted,
      1e-3,
      'weights',
    );
    await trainer.dispose();
  });

  it('has the same bits whatever is computed again, and over several flats', async () => {
    const small = { maxStorageBufferBindingSize: 16_384, maxBufferSize: 16_384 };
    const unclipped = { ...options, optimizer: { ...options.optimizer, maxGradNorm: null } };
    const kept = await start({ ...unclipped, recompute: 'none' });
    const again = await start({ ...unclipped, recompute: 'layer' });
    const cut = await start(
      unclipped,
      testGpu().then((gpu) => limitedGpu(gpu, small)),
    );
    expect(cut.layout.flats.length).toBeGreaterThan(2);
    expect(again.program.recomputeSaves).toBeGreaterThan(0);
    const expected = await losses(kept, 32);
    expect(await losses(again, 32)).toEqual(expected);
    expect(await losses(cut, 32)).toEqual(expected);
    for (const kind of kinds) {
      expect(await stateOf(again, kind)).toEqual(await stateOf(kept, kind));
      expect(await stateOf(cut, kind)).toEqual(await stateOf(kept, kind));
    }
    await Promise.all([kept, again, cut].map((trainer) => trainer.dispose()));
  });

  it('resumes on the same bits, in micro-batches, with small moments', async () => {
    const small: TrainerOptions = {
      ...options,
      accumulation: 2,
      activations: 'bf16',
      optimizer: { ...options.optimizer, moments: '8bit' },
    };
    const straight = await start(small);
    const expected = await losses(straight, 32);
    const first = await start(small);
    await losses(first, 9);
    const second = await start(small);
    for (const kind of kinds) second.load(kind, await stateOf(first, kind));
    second.resumeAt(9);
    expect(await losses(second, 32)).toEqual(expected.slice(9));
    for (const kind of kinds) expect(await stateOf(second, kind)).toEqual(await stateOf(straight, kind));
    await Promise.all([straight.dispose(), first.dispose(), second.dispose()]);
  });

  it('validates as it trains', async () => {
    const trainer = await start({ ...options, validates: true });
    const before = await trainer.validationLoss([batchAt(1)]);
    expect(before).toBeCloseTo((await losses(trainer, 1))[0]!, 5);
    await trainer.dispose();
  });
});
