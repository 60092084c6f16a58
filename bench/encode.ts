/** `encode`: what one dispatch costs the host, from the call of a step until all of it is submitted, the GPU idle. */
import type { Gpu } from '../src/gpu/device.ts';
import { startAmuro } from './contestants/amuro.ts';
import { NotHereError, type Contestant } from './contestants/contestant.ts';
import { peers, type PeerName } from './contestants/index.ts';
import type { BenchOptions } from './options.ts';
import { makeRow, type BenchRow } from './row.ts';
import { works, type Work } from './work.ts';

/** Microseconds that encoding and submitting one dispatch may take. */
const allowed = 5;
/** Steps before the measured ones: the host's compiler warms up. */
const warmUp = 10;

export async function benchEncode(gpu: Gpu, options: BenchOptions): Promise<BenchRow[]> {
  const work = works[options.work];
  const ours = await startAmuro(work);
  const theirs = await startAll(options.peers, work);
  const times = [ours, ...theirs].map((): number[] => []);
  for (let round = 0; round < warmUp + options.steps; round++) {
    for (const [who, contestant] of [ours, ...theirs].entries()) {
      const milliseconds = await contestant.encode!(round + 2);
      if (round >= warmUp) times[who]!.push(milliseconds);
    }
  }
  const replays: number[] = [];
  for (let round = 0; round < warmUp + options.steps; round++) replays.push(await ours.replay!());
  const dispatches: number[] = [];
  for (const contestant of [ours, ...theirs]) dispatches.push(await contestant.countDispatches!(1000));
  const perDispatch = times.map((values, who) => values.map((value) => (1000 * value) / dispatches[who]!));
  const rows = theirs.map(({ name }, index) =>
    makeRow({
      gpu,
      bench: 'encode',
      work: work.name,
      peer: name,
      unit: 'µs/dispatch',
      better: 'lower',
      ours: perDispatch[0]!,
      theirs: perDispatch[index + 1]!,
      notes: `${dispatches[0]} dispatches of ours, ${dispatches[index + 1]} of theirs, in one step`,
    }),
  );
  const alone = makeRow({
    gpu,
    bench: 'encode',
    work: work.name,
    peer: 'what is allowed',
    unit: 'µs/dispatch',
    better: 'lower',
    ours: replays.slice(warmUp).map((milliseconds) => (1000 * milliseconds) / dispatches[0]!),
    theirs: [allowed],
    notes: `encoding and submitting alone, ${dispatches[0]} dispatches`,
  });
  for (const contestant of [ours, ...theirs]) await contestant.dispose();
  return [...rows, alone];
}

/** Those that submit to a WebGPU device, and can run here. */
async function startAll(names: readonly PeerName[], work: Work): Promise<Contestant[]> {
  const started: Contestant[] = [];
  for (const name of names) {
    if (name.startsWith('torch')) continue;
    try {
      started.push(await peers[name](work));
    } catch (error) {
      if (!(error instanceof NotHereError)) throw error;
      console.log(`  ${error.message}`);
    }
  }
  return started;
}
