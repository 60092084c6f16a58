/**
 * `weights`: what products gain by weights in bf16, of which f32 is the peer: a training step, which makes the copy first,
 * and a token of one sequence, which is all reading; the bytes of a model that is only asked. In turns, in one run.
 */
import { GpuLanguageModel } from '../src/evaluation/gpu-language-model.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { Graph } from '../src/graph/graph.ts';
import { VariableStore } from '../src/graph/variable-store.ts';
import { gptNeoX } from '../src/models/gpt-neox.ts';
import {
  dataByPiece,
  declareParameters,
  flatName,
  layoutParameters,
  parametersName,
} from '../src/models/parameter-layout.ts';
import { Trainer } from '../src/training/trainer.ts';
import type { BenchOptions } from './options.ts';
import { makeRow, type BenchRow, type Measured } from './row.ts';
import { batchOf, weightsOf, works, type Work } from './work.ts';

const forms = ['bf16', 'f32'] as const;
type Form = (typeof forms)[number];
type Both<Type> = Readonly<Record<Form, Type>>;

/** Tokens written for each measurement. */
const tokens = 16;

export async function benchWeights(gpu: Gpu, { work: name, steps }: BenchOptions): Promise<BenchRow[]> {
  const work = works[name];
  const row = (bench: string, unit: string, { bf16, f32 }: Both<number[]>, notes: string): BenchRow => {
    const of: Measured = {
      gpu,
      bench,
      work: name,
      peer: `f32, for ${bench}`,
      unit,
      better: 'lower',
      ours: bf16,
      theirs: f32,
      notes,
    };
    return makeRow(of);
  };
  const trainers = { bf16: await train(gpu, work, 'bf16'), f32: await train(gpu, work, 'f32') };
  const step = await inTurns(steps, async (form, round) => {
    const start = performance.now();
    await trainers[form].submit(batchOf(work, round + 1));
    await trainers[form].measure();
    return performance.now() - start;
  });
  for (const form of forms) await trainers[form].dispose();
  const models = { bf16: await load(gpu, work, 'bf16'), f32: await load(gpu, work, 'f32') };
  const token = await inTurns(steps, async (form) => {
    const start = performance.now();
    await models[form].model.generateBatch([[1, 2, 3]], { newTokens: tokens, stopTokens: [] });
    return (performance.now() - start) / tokens;
  });
  const bytes = { bf16: [models.bf16.bytes / 2 ** 20], f32: [models.f32.bytes / 2 ** 20] };
  for (const form of forms) {
    await models[form].model.dispose();
    models[form].store.destroy();
  }
  return [
    row('weights.step', 'ms', step, 'a whole step, with making the copy'),
    row('weights.token', 'ms', token, `one sequence, ${tokens} tokens after 3`),
    row('weights.bytes', 'MiB', bytes, 'parameters of a model that is only asked'),
  ];
}

/** Rounds of both, one after the other, after one of each that is not counted. */
async function inTurns(
  rounds: number,
  measure: (form: Form, round: number) => Promise<number>,
): Promise<Both<number[]>> {
  const found: Both<number[]> = { bf16: [], f32: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const form of forms) {
      const milliseconds = await measure(form, round);
      if (round > 0) found[form].push(milliseconds);
    }
  }
  return found;
}

async function train(gpu: Gpu, work: Work, weights: Form): Promise<Trainer> {
  const trainer = await Trainer.create(gpu, gptNeoX, work.config, { ...work.options, weights });
  trainer.load('parameters', weightsOf(work));
  return trainer;
}

async function load(gpu: Gpu, work: Work, form: Form) {
  const { config } = work;
  const layout = layoutParameters(gptNeoX.parameters(config), gpu.limits, form);
  const store = new VariableStore(gpu);
  await store.ensure(declareParameters(new Graph(), layout).flats);
  const weights = weightsOf(work);
  for (const parameter of layout.named)
    for (const [{ flat, offset }, data] of dataByPiece(parameter, weights.get(parameter.name)!))
      store.write(flatName(parametersName, flat), data, offset);
  const model = new GpuLanguageModel(
    { gpu, family: gptNeoX, config, layout, store },
    {
      contextLength: config.contextLength,
      vocabularySize: config.vocabularySize,
      tokenizer: { encode: () => [], decode: () => '', endOfText: 0 },
      batchSize: 1,
    },
  );
  return { model, store, bytes: Object.values(store.sizes).reduce((sum, size) => sum + size, 0) };
}
