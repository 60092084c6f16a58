/**
 * `precision`: the accuracy gate of reduced storage. 300 steps of the same training with f32 and with less; the loss
 * curves, as means over twenty steps, must not part by more than 0.5 %. The peer is f32; a row's numbers are bytes.
 */
import { describe } from '../scripts/node-gpu.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { gptNeoX } from '../src/models/gpt-neox.ts';
import { train } from '../src/training/train.ts';
import { Trainer, type TrainerOptions } from '../src/training/trainer.ts';
import type { BenchOptions } from './options.ts';
import { ratio, spread, type BenchRow } from './row.ts';
import { batchOf, weightsOf, works, type Work } from './work.ts';

/** Largest relative distance of two curves. */
const gate = 5e-3;
const window = 20;

interface Curve {
  readonly losses: readonly number[];
  readonly bytes: number;
}

/** Every reduced storage, by name, as a change of the trainer's options. */
const storages: Readonly<Record<string, (options: TrainerOptions) => Partial<TrainerOptions>>> = {
  'moments 8bit': ({ optimizer }) => ({ optimizer: { ...optimizer, moments: '8bit' } }),
  'activations bf16': () => ({ activations: 'bf16' }),
  'weights bf16': () => ({ weights: 'bf16' }),
  'all three, recompute cheap': ({ optimizer }) => ({
    activations: 'bf16',
    weights: 'bf16',
    recompute: 'cheap',
    optimizer: { ...optimizer, moments: '8bit' },
  }),
};

export async function benchPrecision(gpu: Gpu, { work, steps }: BenchOptions): Promise<BenchRow[]> {
  const exact = await follow(gpu, works[work], steps, {});
  const rows: BenchRow[] = [];
  for (const [name, change] of Object.entries(storages)) {
    const reduced = await follow(gpu, works[work], steps, change(works[work].options));
    const distance = curveDistance(reduced.losses, exact.losses);
    const notes = `losses within ${(100 * distance).toFixed(3)} % over ${steps} steps, last ${reduced.losses.at(-1)!.toFixed(4)} against ${exact.losses.at(-1)!.toFixed(4)}`;
    console.log(`  ${name}: ${notes}`);
    if (!(distance <= gate)) throw new Error(`precision ${name}: ${notes}, expected ${100 * gate} %`);
    const ours = spread([reduced.bytes / 2 ** 20]);
    const theirs = spread([exact.bytes / 2 ** 20]);
    rows.push({
      bench: 'precision',
      work,
      adapter: describe(gpu),
      subject: name,
      peer: `f32, for ${name}`,
      unit: 'MiB',
      ours,
      theirs,
      ratio: ratio('lower', ours, theirs),
      notes,
    });
  }
  return rows;
}

/** Largest relative distance between the means of windows of both curves. */
export function curveDistance(actual: readonly number[], expected: readonly number[]): number {
  const means = (losses: readonly number[]) =>
    Array.from({ length: Math.floor(losses.length / window) }, (_, index) => {
      const part = losses.slice(index * window, (index + 1) * window);
      return part.reduce((sum, loss) => sum + loss, 0) / window;
    });
  const wanted = means(expected);
  return Math.max(...means(actual).map((mean, index) => Math.abs(mean / wanted[index]! - 1)));
}

async function follow(gpu: Gpu, work: Work, steps: number, change: Partial<TrainerOptions>): Promise<Curve> {
  const optimizer = { ...work.options.optimizer, maxGradNorm: 1 };
  const options = { ...work.options, optimizer, ...change };
  const trainer = await Trainer.create(gpu, gptNeoX, work.config, options);
  trainer.load('parameters', weightsOf(work));
  const losses: number[] = [];
  for await (const measured of train(trainer, { batchAt: (step) => batchOf(work, step), until: steps }))
    losses.push(...measured.map(({ loss }) => loss));
  const { total } = trainer.program.memory;
  await trainer.dispose();
  return { losses, bytes: total };
}
