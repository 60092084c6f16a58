/**
 * `proof`: what must hold over a whole run, not only in one step. The same run twice, and once paused and resumed
 * through a saved checkpoint, ends on the same bits; a long run holds no more buffers and no more heap at its end, and
 * reads back once in sixteen steps.
 */
import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openNodeGpu } from '../scripts/node-gpu.ts';
import { openDatabase } from '../src/checkpoints/database.ts';
import { ExperimentStore } from '../src/experiments/experiment-store.ts';
import { resumeTrainer, saveTrainer } from '../src/experiments/trainer-checkpoints.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { gptNeoX } from '../src/models/gpt-neox.ts';
import { train } from '../src/training/train.ts';
import { Trainer } from '../src/training/trainer.ts';
import { Meter } from './meter.ts';
import type { BenchOptions } from './options.ts';
import { makeRow, type BenchRow } from './row.ts';
import { batchOf, describeWork, weightsOf, works, type Work } from './work.ts';

/** Steps of each run that is repeated. */
const repeatSteps = 200;
/** Steps between readings, at least. */
const readingSteps = 16;
/** Heap that may be gained over a long run, in bytes. */
const heapTolerance = 2 ** 20;
const every = { steps: readingSteps, milliseconds: Infinity };

export async function benchProof(gpu: Gpu, options: BenchOptions): Promise<BenchRow[]> {
  const work = works[options.work];
  console.log(describeWork(work));
  const shared = { gpu, work: work.name, better: 'lower' } as const;
  const hashes = await hashesOfRepeats(gpu, work, repeatSteps);
  const distinct = new Set(Object.values(hashes)).size;
  console.log(`  ${repeatSteps} steps: ${JSON.stringify(hashes)}`);
  if (distinct > 1) throw new Error(`proof ${work.name}: runs that must end on the same bits do not`);
  const growth = await measureGrowth(work, options.steps);
  console.log(`  ${options.steps} steps: ${JSON.stringify(growth)}`);
  const { from, to } = growth;
  if (to.bufferBytes > from.bufferBytes || to.heapBytes > from.heapBytes + heapTolerance)
    throw new Error(`proof ${work.name}: a run of ${options.steps} steps grows, see above`);
  return [
    makeRow({
      ...shared,
      bench: 'proof.bits',
      peer: 'one',
      unit: 'distinct SHA-256',
      ours: [distinct],
      theirs: [1],
      notes: `all weights and moments after ${repeatSteps} steps: twice straight, once resumed from a checkpoint at ${pauseAt(repeatSteps)}: ${hashes.straight.slice(0, 16)}…`,
    }),
    makeRow({
      ...shared,
      bench: 'proof.buffers',
      peer: `at step ${from.step}`,
      unit: 'bytes',
      ours: [to.bufferBytes],
      theirs: [from.bufferBytes],
      notes: `GPU buffers alive at step ${to.step}`,
    }),
    makeRow({
      ...shared,
      bench: 'proof.heap',
      peer: `at step ${from.step}, and 1 MiB`,
      unit: 'MiB',
      ours: [to.heapBytes / 2 ** 20],
      theirs: [(from.heapBytes + heapTolerance) / 2 ** 20],
      notes: `JavaScript heap after collection at step ${to.step}: ${((to.heapBytes - from.heapBytes) / 1024).toFixed(0)} KiB gained`,
    }),
    makeRow({
      ...shared,
      better: 'higher',
      bench: 'proof.readbacks',
      peer: 'one in sixteen steps',
      unit: 'steps per readback',
      ours: [(to.step - from.step) / (to.mappings - from.mappings)],
      theirs: [readingSteps],
      notes: 'buffers mapped for reading',
    }),
  ];
}

/** SHA-256 of weights and moments after `steps` steps: of two straight runs, and of one resumed from a checkpoint. */
export async function hashesOfRepeats(gpu: Gpu, work: Work, steps: number) {
  const straight = await hashOfRun(gpu, work, steps);
  const again = await hashOfRun(gpu, work, steps);
  return { straight, again, resumed: await hashOfResumedRun(gpu, work, steps) };
}

/** In the middle of a reading interval, and of nothing else. */
const pauseAt = (steps: number) => Math.floor(steps * 0.37);

async function hashOfRun(gpu: Gpu, work: Work, steps: number): Promise<string> {
  const trainer = await startTrainer(gpu, work);
  await run(trainer, work, steps);
  return finish(trainer);
}

async function hashOfResumedRun(gpu: Gpu, work: Work, steps: number): Promise<string> {
  const database = await openDatabase({ name: `proof-${work.name}` });
  const store = new ExperimentStore(database);
  const reference = { run: 'proof', step: pauseAt(steps) };
  const first = await startTrainer(gpu, work);
  await run(first, work, reference.step);
  await saveTrainer(store, first, { ...reference, tokens: 0, config: {}, lineage: [] });
  await first.dispose();
  const second = await Trainer.create(gpu, gptNeoX, work.config, work.options);
  await resumeTrainer(second, await store.loadCheckpoint(reference));
  await run(second, work, steps);
  database.close();
  return finish(second);
}

async function startTrainer(gpu: Gpu, work: Work): Promise<Trainer> {
  const trainer = await Trainer.create(gpu, gptNeoX, work.config, work.options);
  trainer.load('parameters', weightsOf(work));
  return trainer;
}

/** Trains until `until`; a loss that is not finite throws. */
async function run(trainer: Trainer, work: Work, until: number): Promise<void> {
  const options = { batchAt: (step: number) => batchOf(work, step), until, every };
  for await (const measured of train(trainer, options)) {
    if (measured.length === 0) throw new Error('proof: a reading without a step');
  }
}

async function finish(trainer: Trainer): Promise<string> {
  const hash = createHash('sha256');
  for (const kind of ['parameters', 'firstMoment', 'secondMoment'] as const)
    for await (const [name, data] of trainer.read(kind)) hash.update(name).update(data);
  await trainer.dispose();
  return hash.digest('hex');
}

/** What a run holds at one step. */
export interface Holding {
  readonly step: number;
  readonly bufferBytes: number;
  /** Of the JavaScript heap, after a collection. */
  readonly heapBytes: number;
  /** Buffers mapped for reading so far. */
  readonly mappings: number;
}

/** What a run of `steps` steps holds early and at its end, on a device of its own. */
export async function measureGrowth(work: Work, steps: number): Promise<{ from: Holding; to: Holding }> {
  const gpu = await openNodeGpu();
  const meter = new Meter(gpu.device);
  const trainer = await startTrainer(gpu, work);
  const hold = (): Holding => {
    collectGarbage();
    const { step } = trainer;
    return {
      step,
      bufferBytes: meter.alive,
      heapBytes: process.memoryUsage().heapUsed,
      mappings: meter.mappings,
    };
  };
  // By then the host's compiler has settled.
  await run(trainer, work, Math.ceil(steps / 10 / readingSteps) * readingSteps);
  const from = hold();
  await run(trainer, work, steps);
  const to = hold();
  await trainer.dispose();
  gpu.destroy();
  return { from, to };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
