/** `losses`: the same model trained by every contestant, its losses compared step by step. Nothing is timed. */
import type { Gpu } from '../src/gpu/device.ts';
import { startAmuro } from './contestants/amuro.ts';
import { NotHereError } from './contestants/contestant.ts';
import { peers } from './contestants/index.ts';
import type { BenchOptions } from './options.ts';
import { makeRow, type BenchRow } from './row.ts';
import { describeWork, works } from './work.ts';

/** Largest relative difference of two losses of the same step: f32 sums in different orders, through Adam. */
const lossTolerance = 1e-4;

export async function benchLosses(gpu: Gpu, options: BenchOptions): Promise<BenchRow[]> {
  const work = works[options.work];
  console.log(describeWork(work));
  const ours = await lossesOf(startAmuro(work), options.steps);
  const rows: BenchRow[] = [];
  for (const peer of options.peers) {
    try {
      const theirs = await lossesOf(peers[peer](work), options.steps);
      const differences = theirs.losses.map((loss, step) => relativeDifference(loss, ours.losses[step]!));
      // No two can be told to agree better than a number in f32 is rounded.
      const worst = Math.max(2 ** -24, ...differences);
      console.log(`  ${theirs.name}: ${worst.toExponential(1)}`);
      const notes = `${checkLoss(`losses ${work.name}`, theirs.name, worst, options.steps)}, from ${ours.losses[0]!.toFixed(5)} to ${ours.losses.at(-1)!.toFixed(5)}`;
      const described = { bench: 'losses', work: work.name, peer: theirs.name, unit: 'relative' };
      // Theirs is the tolerance: a ratio above 1 is within it.
      rows.push(
        makeRow({ gpu, ...described, better: 'lower', ours: [worst], theirs: [lossTolerance], notes }),
      );
    } catch (error) {
      if (!(error instanceof NotHereError)) throw error;
      console.log(`  ${error.message}`);
    }
  }
  return rows;
}

async function lossesOf(
  starting: ReturnType<typeof startAmuro>,
  steps: number,
): Promise<{ name: string; losses: number[] }> {
  const contestant = await starting;
  const losses = [contestant.first.loss];
  for (let step = 2; step <= steps; step++) losses.push((await contestant.step(step)).loss);
  await contestant.dispose();
  return { name: contestant.name, losses };
}

export function relativeDifference(a: number, b: number): number {
  return Math.abs(a / b - 1);
}

/** Says how well losses agree. Throws where they do not: then times are not worth comparing. */
export function checkLoss(bench: string, peer: string, difference: number, steps: number): string {
  if (difference <= lossTolerance)
    return `losses agree to ${difference.toExponential(1)} over ${steps} steps`;
  throw new Error(
    `${bench}: losses differ from ${peer} by ${difference.toExponential(1)} within ${steps} steps, expected at most ${lossTolerance}`,
  );
}
