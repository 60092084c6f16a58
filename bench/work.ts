/** The training works that step times are measured on: model, batch shape, optimizer, data. */
import type { BatchShape } from '../src/models/family.ts';
import { gptNeoX, type GptNeoXConfig } from '../src/models/gpt-neox.ts';
import { initialParameters } from '../src/models/parameter-layout.ts';
import type { Batch } from '../src/training/batch.ts';
import type { TrainerOptions } from '../src/training/trainer.ts';

export interface Work {
  readonly name: string;
  readonly config: GptNeoXConfig;
  readonly options: TrainerOptions;
}

interface Sizes {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabularySize: number;
}

function work(name: string, sizes: Sizes, shape: BatchShape): Work {
  const config: GptNeoXConfig = {
    ...sizes,
    rotaryFraction: 0.25,
    rotaryBase: 10_000,
    rotaryScaling: null,
    parallelResidual: true,
    layerNormEpsilon: 1e-5,
    initializerRange: 0.02,
    tied: false,
    attentionBias: true,
    activation: 'gelu',
    contextLength: shape.time,
  };
  const optimizer = { betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: null } as const;
  const schedule = {
    kind: 'constant',
    peak: 1e-3,
    warmupSteps: 0,
    steps: 1000,
    finalFraction: 1,
  } as const;
  return { name, config, options: { shape, optimizer, schedule } };
}

/**
 * A and B are the works that speed is stated for; `small` ends in a minute on a software adapter; `tiny` is for proofs
 * over thousands of steps.
 */
export const works = {
  tiny: work(
    'tiny',
    { layers: 1, width: 16, heads: 2, feedForward: 32, vocabularySize: 32 },
    { batch: 2, time: 8 },
  ),
  small: work(
    'small',
    { layers: 2, width: 64, heads: 2, feedForward: 256, vocabularySize: 256 },
    { batch: 4, time: 64 },
  ),
  A: work(
    'A',
    { layers: 4, width: 128, heads: 4, feedForward: 512, vocabularySize: 512 },
    { batch: 8, time: 128 },
  ),
  B: work(
    'B',
    { layers: 6, width: 256, heads: 8, feedForward: 1024, vocabularySize: 2048 },
    { batch: 4, time: 256 },
  ),
} as const;

export type WorkName = keyof typeof works;

/** One line for people. */
export function describeWork({ name, config, options: { shape } }: Work): string {
  const { layers, width, heads, feedForward, vocabularySize } = config;
  return (
    `${name}: ${layers} layers × ${width}, ${heads} heads, feed-forward ${feedForward}, ` +
    `vocabulary ${vocabularySize}, ${shape.batch} × ${shape.time} tokens`
  );
}

/** Initial weights by name, the same for every contestant. */
export function weightsOf({ config }: Work): Map<string, Float32Array> {
  const uniform = uniforms(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return initialParameters(gptNeoX.parameters(config), (_, count) =>
    Float64Array.from({ length: count }, normal),
  );
}

/** Batch of update `step` (1, 2, …): a random walk over the vocabulary, so that there is something to learn. */
export function batchOf({ config, options: { shape } }: Work, step: number): Batch {
  const uniform = uniforms(1000 + step);
  const length = shape.batch * (shape.time + 1);
  const walk = new Int32Array(length);
  for (let i = 1; i < length; i++)
    walk[i] = (walk[i - 1]! + Math.floor(uniform() * 7)) % config.vocabularySize;
  const rows = Array.from({ length: shape.batch }, (_, row) => row * (shape.time + 1));
  const cut = (shift: number) =>
    rows.flatMap((start) => [...walk.subarray(start + shift, start + shift + shape.time)]);
  return { tokens: Int32Array.from(cut(0)), targets: Int32Array.from(cut(1)) };
}

/** Numbers in [0, 1) from a seed (mulberry32). */
function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
