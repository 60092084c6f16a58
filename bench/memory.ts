/**
 * `memory`: the peak of all GPU buffers over two training steps under every recompute policy, beside the arithmetic of
 * what such a step must hold (step-arithmetic.ts). `step` measures the peers' peaks for the same step.
 */
import { describe } from '../scripts/node-gpu.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { recomputePolicies, type RecomputePolicy } from '../src/graph/recompute.ts';
import { gptNeoX } from '../src/models/gpt-neox.ts';
import { Trainer } from '../src/training/trainer.ts';
import { Meter } from './meter.ts';
import type { BenchOptions } from './options.ts';
import { ratio, spread, type BenchRow } from './row.ts';
import { stepArithmetic, type StepArithmetic } from './step-arithmetic.ts';
import { batchOf, weightsOf, works, type Work } from './work.ts';

export async function benchMemory(gpu: Gpu, { work }: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const recompute of recomputePolicies) rows.push(await measure(gpu, works[work], recompute));
  return rows;
}

/** Peak and arithmetic of one work under one policy. */
export async function measureMemory(
  gpu: Gpu,
  work: Work,
  recompute: RecomputePolicy,
): Promise<{ peak: number; arithmetic: StepArithmetic }> {
  const meter = new Meter(gpu.device);
  const trainer = await Trainer.create(gpu, gptNeoX, work.config, { ...work.options, recompute });
  try {
    trainer.load('parameters', weightsOf(work));
    for (let step = 1; step <= 2; step++) await trainer.submit(batchOf(work, step));
    await trainer.measure();
    const kernels = trainer.program.prepared.map(({ dispatch }) => dispatch.shader.name);
    const scores = kernels.includes('causal-softmax-forward');
    const { count } = trainer.layout;
    const arithmetic = stepArithmetic(work.config, count, work.options.shape, recompute, scores);
    return { peak: meter.peak, arithmetic };
  } finally {
    await trainer.dispose();
  }
}

async function measure(gpu: Gpu, work: Work, recompute: RecomputePolicy): Promise<BenchRow> {
  const { peak, arithmetic } = await measureMemory(gpu, work, recompute);
  const ours = spread([mebibytes(peak)]);
  const theirs = spread([mebibytes(arithmetic.total)]);
  const parts = (['state', 'activations', 'working'] as const).map(
    (part) => `${part} ${mebibytes(arithmetic[part]).toFixed(1)}`,
  );
  return {
    bench: 'memory',
    work: work.name,
    adapter: describe(gpu),
    subject: `amuro, recompute ${recompute}`,
    peer: `arithmetic, ${recompute}`,
    unit: 'MiB',
    ours,
    theirs,
    ratio: ratio('lower', ours, theirs),
    notes: parts.join(', '),
  };
}

function mebibytes(bytes: number): number {
  return bytes / 2 ** 20;
}
