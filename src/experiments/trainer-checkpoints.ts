/** Between a trainer and its checkpoints: weights and moments out, and back in to go on exactly. */
import type { Checkpoint, Json } from '../checkpoints/checkpoint.ts';
import { toFloat32, type TensorSource } from '../checkpoints/tensor-source.ts';
import type { Trainer } from '../training/trainer.ts';
import type { ExperimentStore } from './experiment-store.ts';
import type { CheckpointReference } from './spec.ts';

export interface CheckpointDescription extends CheckpointReference {
  readonly tokens: number;
  readonly config: Json;
  readonly lineage: readonly CheckpointReference[];
}

/** Saves weights, moments and the step: everything that training needs to go on from here on exactly the same curve. */
export async function saveTrainer(
  store: ExperimentStore,
  trainer: Trainer,
  description: CheckpointDescription,
): Promise<void> {
  await store.saveCheckpoint({
    ...description,
    trainer: { step: trainer.step },
    weights: sources(trainer, 'parameters', ''),
    moments: [
      ...sources(trainer, 'firstMoment', 'exp_avg.'),
      ...sources(trainer, 'secondMoment', 'exp_avg_sq.'),
    ],
  });
}

/** Takes up a checkpoint that has moments. */
export async function resumeTrainer(trainer: Trainer, checkpoint: Checkpoint): Promise<void> {
  trainer.load('parameters', await read(checkpoint.weights, ''));
  trainer.load('firstMoment', await read(checkpoint.moments, 'exp_avg.'));
  trainer.load('secondMoment', await read(checkpoint.moments, 'exp_avg_sq.'));
  trainer.resumeAt(checkpoint.step);
}

/** A checkpoint's weights by name. */
export async function readWeights(checkpoint: Checkpoint): Promise<Map<string, Float32Array>> {
  return new Map(await read(checkpoint.weights, ''));
}

function sources(
  trainer: Trainer,
  kind: 'parameters' | 'firstMoment' | 'secondMoment',
  prefix: string,
): TensorSource[] {
  return trainer.layout.named.map(({ name, shape, size }) => ({
    name: prefix + name,
    dtype: 'F32',
    shape,
    byteLength: size * 4,
    async *read(start = 0) {
      const data = await trainer.readOne(kind, name);
      yield new Uint8Array(data.buffer, data.byteOffset + start, data.byteLength - start);
    },
  }));
}

async function read(tensors: readonly TensorSource[], prefix: string): Promise<[string, Float32Array][]> {
  const wanted = tensors.filter(({ name }) => (prefix === '' ? true : name.startsWith(prefix)));
  const result: [string, Float32Array][] = [];
  for (const source of wanted) result.push([source.name.slice(prefix.length), await toFloat32(source)]);
  return result;
}
