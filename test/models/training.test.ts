import { describe, expect, it } from 'vitest';
import { Executable } from '../../src/graph/executable.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { parametersName } from '../../src/models/parameter-layout.ts';
import { lossWeights, type Batch } from '../../src/training/batch.ts';
import { learningRate } from '../../src/training/schedule.ts';
import { Trainer, type TrainerOptions } from '../../src/training/trainer.ts';
import { train } from '../../src/training/train.ts';
import { buildTrainingGraph } from '../../src/training/training-graph.ts';
import { testGpu } from '../gpu/device.ts';
import { flatWeights, modelFixture, type ModelFixture } from './model-fixture.ts';
import { tinyModels } from './tiny-models.ts';

const steps = 30;
const options: TrainerOptions = {
  shape: { batch: 2, time: 11 },
  optimizer: { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 },
  schedule: { kind: 'cosine', peak: 2e-3, warmupSteps: 5, steps, finalFraction: 0.1 },
};
const vocabulary = 37;

/** Batches with a pattern to learn, a few targets ignored. */
function batchAt(step: number): Batch {
  const n = options.shape.batch * options.shape.time;
  const tokens = Int32Array.from({ length: n }, (_, i) => (i * i + step * 7) % vocabulary);
  const targets = tokens.map((token, i) => ((i + step) % 9 === 0 ? -100 : (token * 3 + 1) % vocabulary));
  return { tokens, targets };
}

function scalarsAt(step: number): Float32Array {
  const rate = step === 0 ? 0 : learningRate(options.schedule, step);
  return Float32Array.of(rate, 1 - 0.9 ** Math.max(step, 1), 1 - 0.95 ** Math.max(step, 1), 0);
}

function inputsAt(step: number) {
  const batch = batchAt(step);
  return {
    ...batch,
    weights: lossWeights(batch.targets),
    scalars: scalarsAt(step),
    row: Uint32Array.of(step % 256),
  };
}

function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return Math.sqrt(error / norm);
}

function trainingGraph({ family, config, layout }: ModelFixture) {
  return buildTrainingGraph({ family, config, layout, shape: options.shape }, options.optimizer);
}

describe.each(tinyModels)('$name', ({ config }) => {
  it('has the loss and the gradients of the float64 reference', async () => {
    const model = modelFixture(config);
    const { graph, loss, gradients } = trainingGraph(model);
    const gpu = await testGpu();
    const store = new VariableStore(gpu);
    const outputs = [loss, ...Object.values(gradients)];
    const executable = await Executable.compile(gpu, graph, store, { outputs, poison: true });
    for (const { name, offset } of model.layout.parameters)
      store.write(parametersName, model.weights.get(name)!, offset);
    const reference = new Interpreter(graph, new Map([[parametersName, flatWeights(model)]]));
    executable.run(inputsAt(0));
    reference.run(inputsAt(0));
    expect((await executable.read(loss))[0]! / reference.read(loss)[0]!).toBeCloseTo(1, 5);
    const largest = Math.max(...Object.values(gradients).map((g) => Math.hypot(...reference.read(g))));
    for (const [name, gradient] of Object.entries(gradients)) {
      const expected = reference.read(gradient);
      // The softmax does not see a bias that all keys share: such a gradient is zero but for rounding.
      if (Math.hypot(...expected) < 1e-6 * largest) continue;
      expect(relativeError(await executable.read(gradient), expected), name).toBeLessThan(5e-5);
    }
    executable.destroy();
    store.destroy();
  });

  it(`follows the float64 reference over ${steps} steps`, async () => {
    const model = modelFixture(config);
    const { graph, loss } = trainingGraph(model);
    const flat = flatWeights(model);
    const reference = new Interpreter(graph, new Map([[parametersName, flat]]));
    const trainer = await Trainer.create(await testGpu(), model.family, model.config, options);
    trainer.load('parameters', model.weights);
    const losses: number[] = [];
    for await (const measured of train(trainer, { batchAt, until: steps })) {
      for (const step of measured) {
        reference.run(inputsAt(step.step));
        losses.push(reference.read(loss)[0]!);
        expect(step.loss / losses.at(-1)!, `loss of step ${step.step}`).toBeCloseTo(1, 3);
      }
    }
    expect(losses).toHaveLength(steps);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    const trained = new Float32Array(model.layout.flats[0]!.size);
    for await (const [name, data] of trainer.read('parameters'))
      trained.set(data, model.layout.parameters.find((parameter) => parameter.name === name)!.offset);
    expect(relativeError(trained, flat)).toBeLessThan(1e-4);
    await trainer.dispose();
  });
});
