/**
 * `step`: one whole training step, ours against the same model elsewhere: same weights, batches and AdamW, taking
 * turns, each step timed until the GPU has finished it. The losses must agree.
 */
import type { Gpu } from '../src/gpu/device.ts';
import { startAmuro } from './contestants/amuro.ts';
import { NotHereError, type Contestant } from './contestants/contestant.ts';
import { peers, type PeerName } from './contestants/index.ts';
import { checkLoss, relativeDifference } from './losses.ts';
import type { BenchOptions } from './options.ts';
import { makeRow, type BenchRow } from './row.ts';
import { describeWork, works, type Work } from './work.ts';

/** Rounds that even the slowest peer takes part in. */
const fewestRounds = 3;

interface Racer {
  readonly contestant: Contestant;
  readonly times: number[];
  /** Our times in the rounds that this peer took part in: what its own are compared with. */
  readonly ours: number[];
  rounds: number;
  difference: number;
}

export async function benchStep(gpu: Gpu, options: BenchOptions): Promise<BenchRow[]> {
  const work = works[options.work];
  console.log(describeWork(work));
  const ours = await startAmuro(work);
  console.log(`  ${ours.name}: first step ${ours.first.milliseconds.toFixed(0)} ms`);
  const racers: Racer[] = [];
  for (const name of options.peers) {
    const racer = await enter(name, work, ours, options.steps);
    if (racer) racers.push(racer);
  }
  for (let round = 1; round <= options.steps; round++) {
    await runRound(round, ours, racers, options.seconds);
  }
  const rows = racers.flatMap((racer) => report(gpu, work, ours, racer));
  for (const { contestant } of racers) await contestant.dispose();
  await ours.dispose();
  return rows;
}

async function enter(name: PeerName, work: Work, ours: Contestant, rounds: number): Promise<Racer | null> {
  try {
    const contestant = await peers[name](work);
    console.log(`  ${contestant.name}: first step ${contestant.first.milliseconds.toFixed(0)} ms`);
    const difference = relativeDifference(contestant.first.loss, ours.first.loss);
    return { contestant, times: [], ours: [], rounds, difference };
  } catch (error) {
    if (!(error instanceof NotHereError)) throw error;
    console.log(`  ${error.message}`);
    return null;
  }
}

async function runRound(
  round: number,
  ours: Contestant,
  racers: readonly Racer[],
  seconds: number,
): Promise<void> {
  const running = racers.filter(({ rounds }) => round <= rounds);
  if (running.length === 0 && racers.length > 0) return;
  const our = await ours.step(round + 1);
  const shown = [`${our.milliseconds.toFixed(1)} ms, loss ${our.loss.toFixed(5)}`];
  for (const racer of running) {
    const their = await racer.contestant.step(round + 1);
    racer.times.push(their.milliseconds);
    racer.ours.push(our.milliseconds);
    racer.difference = Math.max(racer.difference, relativeDifference(their.loss, our.loss));
    if (round === 1) {
      const affordable = Math.floor((seconds * 1000) / their.milliseconds);
      racer.rounds = Math.min(racer.rounds, Math.max(fewestRounds, affordable));
    }
    shown.push(`${racer.contestant.name} ${their.milliseconds.toFixed(1)} ms`);
  }
  console.log(`  step ${round + 1}: ${shown.join('; ')}`);
}

function report(gpu: Gpu, work: Work, ours: Contestant, racer: Racer): BenchRow[] {
  const { contestant, times, difference } = racer;
  const losses = checkLoss(`step ${work.name}`, contestant.name, difference, times.length + 1);
  const shared = { gpu, work: work.name, peer: contestant.name, better: 'lower' } as const;
  const rows = [
    makeRow({
      ...shared,
      bench: 'step',
      unit: 'ms',
      ours: racer.ours,
      theirs: times,
      notes: `${times.length} steps each in turn; ${losses}`,
    }),
    makeRow({
      ...shared,
      bench: 'step.first',
      unit: 'ms',
      ours: [ours.first.milliseconds],
      theirs: [contestant.first.milliseconds],
      notes: 'cold start: device, weights, compilation, tuning, first step; driver caches off',
    }),
  ];
  const [our, their] = [ours.peakBytes(), contestant.peakBytes()];
  if (our === null || their === null) return rows;
  const memory = {
    bench: 'step.memory',
    unit: 'MiB',
    ours: [our / 2 ** 20],
    theirs: [their / 2 ** 20],
    notes: 'most bytes of GPU buffers alive',
  };
  return [...rows, makeRow({ ...shared, ...memory })];
}
