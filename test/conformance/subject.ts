/** A golden directory as the engine's family, configuration, weights and batches. */
import { findFamily } from '../../src/models/index.ts';
import type { BatchShape, ModelFamily } from '../../src/models/family.ts';
import type { Batch } from '../../src/training/batch.ts';
import type { AdamWOptions } from '../../src/training/training-graph.ts';
import { readGolden, type Golden } from './golden.ts';
import type { HostTensor } from './tensor-file.ts';

/** Tensors by state-dict name. */
export type Named = ReadonlyMap<string, Float32Array>;

export interface Subject {
  readonly golden: Golden;
  readonly family: ModelFamily<unknown>;
  readonly config: unknown;
  readonly optimizer: AdamWOptions;
  readonly weights: Named;
}

/** Throws where directory and model do not fit together. */
export async function readSubject(directory: string): Promise<Subject> {
  const golden = await readGolden(directory);
  const family = decayingAll(findFamily(String(golden.config.model_type)));
  const config = family.fromHuggingFace(golden.config);
  const { betas, eps, weight_decay, max_grad_norm } = golden.description.optimizer;
  const optimizer = { betas, epsilon: eps, weightDecay: weight_decay, maxGradNorm: max_grad_norm };
  // By name: files also hold masks and tables that are no parameters, and tied weights may be there twice.
  const weights = family
    .parameters(config)
    .map(({ name, shape }) => [name, find(golden.weights, name, shape)] as const);
  return { golden, family, config, optimizer, weights: new Map(weights) };
}

/** The golden optimizer is torch.optim.AdamW over one group: it decays norms and biases too. */
function decayingAll(family: ModelFamily<unknown>): ModelFamily<unknown> {
  return {
    ...family,
    parameters: (config) => family.parameters(config).map((spec) => ({ ...spec, decay: true })),
  };
}

/** A float tensor of a file. Throws if it is missing or not of `shape`. */
export function find(
  tensors: ReadonlyMap<string, HostTensor>,
  name: string,
  shape?: readonly number[],
): Float32Array {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`${name} is missing`);
  if (!(tensor.data instanceof Float32Array))
    throw new TypeError(`${name} holds whole numbers, expected f32`);
  if (shape && tensor.shape.join() !== shape.join()) {
    throw new RangeError(
      `${name} has shape (${tensor.shape.join(', ')}), the config says (${shape.join(', ')})`,
    );
  }
  return tensor.data;
}

/** Batches under `prefix` (B, T) or (N, B, T): transformers' labels, moved to the position that predicts them. */
export function batches({ golden }: Subject, prefix: string): { shape: BatchShape; batches: Batch[] } {
  const ids = golden.expected.get(`${prefix}input_ids`);
  const labels = golden.expected.get(`${prefix}labels`);
  if (!(ids?.data instanceof Int32Array && labels?.data instanceof Int32Array)) {
    throw new Error(`${prefix}input_ids and ${prefix}labels must be there as i64`);
  }
  const [batch, time] = ids.shape.slice(-2) as [number, number];
  const targets = labels.data.map((_, index) => ((index + 1) % time === 0 ? -100 : labels.data[index + 1]!));
  const size = batch * time;
  const parts = Array.from({ length: targets.length / size }, (_, index) => ({
    tokens: ids.data.slice(index * size, (index + 1) * size) as Int32Array,
    targets: targets.slice(index * size, (index + 1) * size),
  }));
  return { shape: { batch, time }, batches: parts };
}
