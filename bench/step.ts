/**
 * `step`: one whole training step, ours against the same model in tfjs's operations on the same device: same weights,
 * batches and AdamW, taking turns, each step timed until the GPU has finished it. The losses must agree.
 */
import { attachTfjs, flush, type WebGPUBackend } from '../src/analysis/tfjs-backend.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { gptNeoX } from '../src/models/gpt-neox.ts';
import { Trainer } from '../src/training/trainer.ts';
import { describe } from '../scripts/node-gpu.ts';
import { TfjsTrainer } from './peers/tfjs-gpt-neox.ts';
import { ratio, spread, type BenchRow } from './row.ts';
import { batchOf, describeWork, weightsOf, works, type Work, type WorkName } from './work.ts';

/** Largest relative difference of two losses of the same step: f32 sums in different orders, through Adam. */
const lossTolerance = 1e-4;
const peer = 'tfjs-webgpu 4.22.0';

interface Timed {
  readonly loss: number;
  readonly milliseconds: number;
}

export async function benchStep(gpu: Gpu, names: readonly WorkName[]): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const name of names) rows.push(...(await measure(gpu, works[name])));
  return rows;
}

async function measure(gpu: Gpu, work: Work): Promise<BenchRow[]> {
  console.log(describeWork(work));
  const ours = await startOurs(gpu, work);
  const theirs = await startTheirs(gpu, work);
  const first = [ours.first, theirs.first] as const;
  const times: [number[], number[]] = [[], []];
  let difference = Math.abs(first[0].loss / first[1].loss - 1);
  for (let step = 2; step <= work.steps + 1; step++) {
    const turn = [await ours.step(step), await theirs.step(step)] as const;
    turn.forEach(({ milliseconds }, who) => times[who]!.push(milliseconds));
    difference = Math.max(difference, Math.abs(turn[0].loss / turn[1].loss - 1));
    const shown = turn.map(
      ({ loss, milliseconds }) => `${milliseconds.toFixed(1)} ms, loss ${loss.toFixed(5)}`,
    );
    if (step % 5 === 1) console.log(`  step ${step}: ours ${shown[0]}; theirs ${shown[1]}`);
  }
  const notes = `losses agree to ${difference.toExponential(1)} over ${work.steps + 1} steps`;
  if (!(difference <= lossTolerance))
    throw new Error(`step ${work.name}: ${notes}, expected ${lossTolerance}`);
  const row = (
    bench: string,
    unit: string,
    a: readonly number[],
    b: readonly number[],
    text: string,
  ): BenchRow => ({
    bench,
    work: work.name,
    adapter: describe(gpu),
    subject: 'amuro',
    peer,
    unit,
    ours: spread(a),
    theirs: spread(b),
    ratio: ratio('lower', spread(a), spread(b)),
    notes: text,
  });
  const rows = [
    row('step', 'ms', times[0], times[1], notes),
    row(
      'step.first',
      'ms',
      [first[0].milliseconds],
      [first[1].milliseconds],
      'from nothing to one step done',
    ),
    row('step.memory', 'MiB', [ours.bytes / 2 ** 20], [theirs.bytes() / 2 ** 20], 'GPU buffers allocated'),
  ];
  await ours.dispose();
  theirs.dispose();
  return rows;
}

async function timed(step: () => Promise<number>): Promise<Timed> {
  const start = performance.now();
  const loss = await step();
  return { loss, milliseconds: performance.now() - start };
}

async function startOurs(gpu: Gpu, work: Work) {
  const weights = weightsOf(work);
  let trainer: Trainer | undefined;
  const run = async (step: number) => {
    await trainer!.submit(batchOf(work, step));
    const measured = await trainer!.measure();
    return measured.at(-1)!.loss;
  };
  const first = await timed(async () => {
    trainer = await Trainer.create(gpu, gptNeoX, work.config, work.options);
    trainer.load('parameters', weights);
    return run(1);
  });
  return {
    first,
    bytes: trainer!.program.memory.total,
    step: (step: number) => timed(() => run(step)),
    dispose: () => trainer!.dispose(),
  };
}

async function startTheirs(gpu: Gpu, work: Work) {
  const weights = weightsOf(work);
  let backend: WebGPUBackend | undefined;
  let trainer: TfjsTrainer | undefined;
  const run = async (step: number) => {
    const loss = trainer!.step(batchOf(work, step));
    flush(backend!);
    const value = (await loss.data())[0]!;
    loss.dispose();
    await gpu.finish(); // the update's last commands come after the loss
    return value;
  };
  const first = await timed(async () => {
    backend = await attachTfjs(gpu);
    trainer = new TfjsTrainer(gptNeoX.parameters(work.config), weights, work.config, work.options);
    return run(1);
  });
  return {
    first,
    bytes: () => backend!.memory().numBytesAllocatedInGPU,
    step: (step: number) => timed(() => run(step)),
    dispose: () => trainer!.dispose(),
  };
}
