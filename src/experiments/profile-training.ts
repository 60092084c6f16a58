/** What one training step costs on this adapter, kernel by kernel, measured on a trainer of its own. */
import type { Gpu } from '../gpu/device.ts';
import type { KernelChoices } from '../graph/lowering.ts';
import { parametersName } from '../models/parameter-layout.ts';
import type { Ceilings } from '../performance/ceilings.ts';
import { median } from '../performance/median.ts';
import { profileDispatches, type KernelTime } from '../performance/profile.ts';
import type { Batch } from '../training/batch.ts';
import { Trainer, type TrainerOptions } from '../training/trainer.ts';
import type { ConfiguredModel } from './model-from-spec.ts';

/** One step, measured: what the Performance card shows. Plain data; times in ms, rates per second. */
export interface PerformanceReport {
  readonly measuredAt: number;
  readonly adapter: string;
  /** Longest first. */
  readonly kernels: readonly KernelTime[];
  readonly ceilings: Ceilings;
  /** Bytes on the GPU by what they are for. */
  readonly memory: Readonly<Record<string, number>>;
  readonly dispatches: number;
  readonly submits: number;
  /** Of a whole step as training runs it, median, from the batch on the host to its metrics. */
  readonly stepMilliseconds: number;
  readonly tokensPerStep: number;
  /** Counted floating-point operations of a step: products of matrices and attention. */
  readonly flops: number;
}

/** Steps timed after the first. */
const steps = 3;
/** A first step that takes longer, in ms, is followed by one only. */
const longStep = 3000;
/** Token ids that every vocabulary has. */
const commonTokens = 251;

/**
 * Compiles the step anew, runs it on made-up weights and tokens, and times it whole and in parts. No other trainer's
 * buffers are touched; while it lasts the GPU holds both.
 * @throws OutOfGpuMemoryError where there is no room for another trainer
 */
export async function profileTraining(
  gpu: Gpu,
  { family, config }: ConfiguredModel,
  options: TrainerOptions & { readonly choices: KernelChoices },
  { adapter, ceilings }: { readonly adapter: string; readonly ceilings: () => Promise<Ceilings> },
): Promise<PerformanceReport> {
  const trainer = await Trainer.create(gpu, family, config, options);
  try {
    trainer.load('parameters', madeUpWeights(trainer));
    const stepMilliseconds = await timeSteps(trainer, options);
    const kernels = await profileDispatches(gpu, trainer.program.prepared);
    return {
      measuredAt: Date.now(),
      adapter,
      kernels,
      ceilings: await ceilings(),
      memory: memoryOf(trainer),
      dispatches: trainer.program.prepared.length,
      submits: trainer.program.submits,
      stepMilliseconds,
      tokensPerStep: options.shape.batch * options.shape.time,
      flops: kernels.reduce((sum, { flops }) => sum + (flops ?? 0), 0),
    };
  } finally {
    await trainer.dispose();
  }
}

async function timeSteps(trainer: Trainer, { shape }: TrainerOptions): Promise<number> {
  const batch = madeUpBatch(shape.batch * shape.time);
  const timed = async () => {
    const start = performance.now();
    await trainer.submit(batch);
    await trainer.measure();
    const milliseconds = performance.now() - start;
    trainer.program.adaptSubmits(milliseconds);
    return milliseconds;
  };
  const first = await timed();
  const times: number[] = [];
  while (times.length < (first > longStep ? 1 : steps)) times.push(await timed());
  return median(times);
}

/** Small numbers that are neither zeros nor denormals. */
function* madeUpWeights({ layout }: Trainer): Generator<readonly [string, Float32Array]> {
  for (const { name, size } of layout.named)
    yield [name, Float32Array.from({ length: size }, (_, i) => (((i * 7919) % 257) - 128) / 4096)];
}

function madeUpBatch(tokens: number): Batch {
  const walk = Int32Array.from({ length: tokens + 1 }, (_, i) => (i * 31 + (i >> 3)) % commonTokens);
  return { tokens: walk.slice(0, -1), targets: walk.slice(1) };
}

function memoryOf({ store, program }: Trainer): Record<string, number> {
  const { variables, packed, slots, peakLive, total, ...rest } = program.memory;
  const bytesUnder = (start: string) =>
    Object.entries(store.sizes).reduce((sum, [name, bytes]) => sum + (name.startsWith(start) ? bytes : 0), 0);
  const [parameters, moments] = [bytesUnder(parametersName), bytesUnder('optimizer.')];
  return {
    parameters,
    gradients: packed,
    moments,
    'other variables': variables - parameters - moments,
    'activations and working set': slots,
    ...rest,
    total,
    'of it alive at once, at most': peakLive,
  };
}
