import { describe, expect, it } from 'vitest';
import { Interpreter } from '../../src/graph/interpreter.ts';
import { gptNeoX, type GptNeoXConfig } from '../../src/models/gpt-neox.ts';
import { initialParameters, layoutParameters, parametersName } from '../../src/models/parameter-layout.ts';
import { lossWeights, type Batch } from '../../src/training/batch.ts';
import { learningRate } from '../../src/training/schedule.ts';
import { Trainer, type TrainerOptions } from '../../src/training/trainer.ts';
import { train } from '../../src/training/train.ts';
import { buildTrainingGraph } from '../../src/training/training-graph.ts';
import { testGpu } from '../gpu/device.ts';
import { seededNormal } from '../ops/harness.ts';

const config: GptNeoXConfig = {
  vocabularySize: 37,
  layers: 2,
  width: 24,
  heads: 3,
  feedForward: 50,
  rotaryFraction: 0.25,
  rotaryBase: 10_000,
  rotaryScaling: null,
  parallelResidual: true,
  layerNormEpsilon: 1e-5,
  initializerRange: 0.08,
  tied: false,
  attentionBias: true,
  activation: 'gelu',
  contextLength: 13,
};
const options: TrainerOptions = {
  shape: { batch: 3, time: 13 },
  optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 },
  schedule: { kind: 'cosine', peak: 2e-3, warmupSteps: 5, steps: 40, finalFraction: 0.1 },
};

/** Batches with a pattern to learn, a few targets ignored. */
function batchAt(step: number, batch = options.shape.batch, classes = config.vocabularySize): Batch {
  const n = batch * options.shape.time;
  const tokens = Int32Array.from({ length: n }, (_, i) => (i * i + step * 7) % classes);
  const targets = tokens.map((token, i) => ((i + step) % 9 === 0 ? -100 : (token * 3 + 1) % classes));
  return { tokens, targets };
}

function initial(of: GptNeoXConfig = config): Map<string, Float32Array> {
  return initialParameters(gptNeoX.parameters(of), (name, count) => {
    const normal = seededNormal([...name].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) >>> 0, 7));
    return Float64Array.from({ length: count }, normal);
  });
}

describe.each([
  { name: 'parallel residual, untied', change: {}, batch: 3, last: 3.4 },
  {
    name: 'sequential residual, tied',
    change: { parallelResidual: false, tied: true, rotaryFraction: 1 },
    batch: 3,
    last: 3.4,
  },
  // 130 rows: a chunk of 128, and one of two.
  { name: 'head in chunks', change: { vocabularySize: 131, layers: 1 }, batch: 10, last: 4.6 },
])('training a whole model ($name)', ({ change, batch, last }) => {
  const changed = { ...config, ...change };
  const shape = { ...options.shape, batch };
  const batches = (step: number) => batchAt(step, batch, changed.vocabularySize);

  it('follows the float64 reference over 40 steps', async () => {
    const layout = layoutParameters(gptNeoX.parameters(changed));
    const { graph, loss, gradNorm } = buildTrainingGraph(
      { family: gptNeoX, config: changed, layout, shape },
      options.optimizer,
    );
    const flat = new Float64Array(layout.flats[0]!.size);
    const weights = new Map(
      [...initial(changed)].filter(([name]) =>
        layout.parameters.some((parameter) => parameter.name === name),
      ),
    );
    for (const { name, offset } of layout.parameters) flat.set(weights.get(name)!, offset);
    const reference = new Interpreter(graph, new Map([[parametersName, flat]]));
    const trainer = await Trainer.create(await testGpu(), gptNeoX, changed, { ...options, shape });
    trainer.load('parameters', weights);
    const steps = 40;
    for await (const measured of train(trainer, { batchAt: batches, until: steps })) {
      for (const step of measured) {
        const { tokens, targets } = batches(step.step);
        const scalars = new Float32Array([
          learningRate(options.schedule, step.step),
          1 - 0.9 ** step.step,
          1 - 0.95 ** step.step,
          0,
        ]);
        reference.run({
          tokens,
          targets,
          weights: lossWeights(targets),
          scalars,
          row: Uint32Array.of(step.step % 256),
        });
        const expected = reference.read(loss)[0]!;
        expect(Math.abs(step.loss - expected) / expected, `loss of step ${step.step}`).toBeLessThan(1e-4);
        expect(
          Math.abs(step.gradNorm / reference.read(gradNorm)[0]! - 1),
          `norm of step ${step.step}`,
        ).toBeLessThan(1e-3);
      }
    }
    expect(reference.read(loss)[0]!).toBeLessThan(last);
    let error = 0;
    let norm = 0;
    for await (const [name, data] of trainer.read('parameters')) {
      const { offset } = layout.parameters.find((parameter) => parameter.name === name)!;
      data.forEach((value, i) => {
        error += (value - flat[offset + i]!) ** 2;
        norm += flat[offset + i]! ** 2;
      });
    }
    expect(Math.sqrt(error / norm)).toBeLessThan(1e-4);
    await trainer.dispose();
  });
});

describe('resuming', () => {
  it('continues on exactly the curve it would have followed', async () => {
    const gpu = await testGpu();
    const straight = await Trainer.create(gpu, gptNeoX, config, options);
    straight.load('parameters', initial());
    const losses: number[] = [];
    for await (const measured of train(straight, { batchAt, until: 20 }))
      losses.push(...measured.map(({ loss }) => loss));

    const first = await Trainer.create(gpu, gptNeoX, config, options);
    first.load('parameters', initial());
    for await (const measured of train(first, { batchAt, until: 9 }))
      expect(measured.length).toBeGreaterThan(0);
    const second = await Trainer.create(gpu, gptNeoX, config, options);
    for (const kind of ['parameters', 'firstMoment', 'secondMoment'] as const) {
      const tensors: [string, Float32Array][] = [];
      for await (const [name, data] of first.read(kind)) tensors.push([name, data]);
      second.load(kind, tensors);
    }
    second.resumeAt(9);
    const resumed: number[] = [];
    for await (const measured of train(second, { batchAt, until: 20 }))
      resumed.push(...measured.map(({ loss }) => loss));
    expect(resumed).toEqual(losses.slice(9));
    await Promise.all([straight.dispose(), first.dispose(), second.dispose()]);
  });
});
