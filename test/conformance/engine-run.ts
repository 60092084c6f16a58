/** What the engine computes for a subject: logits, loss, gradients, a training run. */
import type { Gpu } from '../../src/gpu/device.ts';
import { Executable } from '../../src/graph/executable.ts';
import { Graph } from '../../src/graph/graph.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { fullSequences } from '../../src/models/attention-path.ts';
import type { BatchShape } from '../../src/models/family.ts';
import { declareParameters, layoutParameters, parametersName } from '../../src/models/parameter-layout.ts';
import { linear } from '../../src/ops/linear.ts';
import { lossWeights } from '../../src/training/batch.ts';
import { buildTrainingGraph } from '../../src/training/training-graph.ts';
import { train } from '../../src/training/train.ts';
import { Trainer } from '../../src/training/trainer.ts';
import { batches, type Named, type Subject } from './subject.ts';

/** Logits of the first batch, (B·T·V). */
export function forward(gpu: Gpu, subject: Subject): Promise<Float32Array> {
  const {
    shape,
    batches: [batch],
  } = batches(subject, '');
  return logitsOf(gpu, subject, shape, batch!.tokens);
}

/** Logits (B·T·V) of tokens (B·T). */
export async function logitsOf(
  gpu: Gpu,
  { family, config, weights }: Pick<Subject, 'family' | 'config' | 'weights'>,
  shape: BatchShape,
  ids: Int32Array,
): Promise<Float32Array> {
  const layout = layoutParameters(family.parameters(config));
  const graph = new Graph();
  const { views } = declareParameters(graph, layout);
  const tokens = graph.input('tokens', [shape.batch * shape.time], 'i32');
  const hidden = family.hidden(graph, views, tokens, fullSequences(shape), config);
  const logits = linear(graph, hidden, views[family.headName(config)]!, null);
  const store = new VariableStore(gpu);
  const executable = await Executable.compile(gpu, graph, store, { outputs: [logits], poison: true });
  for (const { name, offset } of layout.parameters) store.write(parametersName, weights.get(name)!, offset);
  executable.run({ tokens: ids });
  const result = (await executable.read(logits)) as Float32Array;
  executable.destroy();
  store.destroy();
  return result;
}

/** Loss of the first batch and its gradient by every parameter. */
export async function backward(gpu: Gpu, subject: Subject): Promise<{ loss: number; gradients: Named }> {
  const { family, config, optimizer, weights } = subject;
  const {
    shape,
    batches: [batch],
  } = batches(subject, '');
  const layout = layoutParameters(family.parameters(config));
  const { graph, loss, gradients } = buildTrainingGraph({ family, config, layout, shape }, optimizer);
  const store = new VariableStore(gpu);
  const outputs = [loss, ...Object.values(gradients)];
  const executable = await Executable.compile(gpu, graph, store, { outputs, poison: true });
  for (const { name, offset } of layout.parameters) store.write(parametersName, weights.get(name)!, offset);
  // A learning rate of zero: this step only measures.
  const scalars = new Float32Array([0, 1, 1, 0]);
  executable.run({ ...batch!, weights: lossWeights(batch!.targets), scalars, row: Uint32Array.of(0) });
  const read = new Map<string, Float32Array>();
  for (const [name, gradient] of Object.entries(gradients))
    read.set(name, (await executable.read(gradient)) as Float32Array);
  const value = (await executable.read(loss))[0]!;
  executable.destroy();
  store.destroy();
  return { loss: value, gradients: read };
}

/** The losses of all steps, and the weights after them. */
export async function trainSteps(gpu: Gpu, subject: Subject): Promise<{ losses: number[]; final: Named }> {
  const { golden, family, config, optimizer, weights } = subject;
  const { lr } = golden.description.optimizer;
  const { steps } = golden.description;
  const { shape, batches: data } = batches(subject, 'steps.');
  if (data.length !== steps)
    throw new RangeError(`steps.input_ids has ${data.length} batches, golden.json says ${steps} steps`);
  const schedule = { kind: 'constant', peak: lr, warmupSteps: 0, steps, finalFraction: 1 } as const;
  const trainer = await Trainer.create(gpu, family, config, { shape, optimizer, schedule });
  trainer.load('parameters', weights);
  const losses: number[] = [];
  for await (const measured of train(trainer, { batchAt: (step) => data[step - 1]!, until: steps })) {
    losses.push(...measured.map(({ loss }) => loss));
  }
  const final = new Map<string, Float32Array>();
  for await (const [name, values] of trainer.read('parameters')) final.set(name, values);
  await trainer.dispose();
  return { losses, final };
}
