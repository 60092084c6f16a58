/** `profileStep`: what one training step of a run costs on this adapter, kernel by kernel. */
import type { PerformanceReport } from '../../experiments/profile-training.ts';
import type { Builtin } from '../builtins.ts';
import type { RunHandle } from '../run-handle.ts';

/** A kernel's share of a step; rates per second, null where operations are not counted. */
export interface KernelCost {
  readonly kernel: string;
  readonly dispatches: number;
  readonly milliseconds: number;
  readonly share: number;
  readonly flops: number | null;
  readonly bytes: number;
  readonly flopsPerSecond: number | null;
  readonly bytesPerSecond: number | null;
}
export type StepProfile = Omit<PerformanceReport, 'kernels'> & { readonly kernels: readonly KernelCost[] };

interface Options {
  /** Measure even where a measurement is kept. */
  readonly again?: boolean;
}

export const profileStep: Builtin<(run: RunHandle, options?: Options) => Promise<StepProfile>> = {
  signature: 'profileStep(run, {again: false})',
  doc: 'What one training step costs here: milliseconds, FLOP/s and bytes/s of every kernel, the adapter’s measured ceilings, the memory table. Measured on a copy between two steps of the run, kept with it. In other cells: `table(costs.kernels)`, `roofline(costs)`.',
  bind:
    (cell) =>
    async (run, { again = false } = {}) => {
      const params = { run: run.id };
      const kept = again ? null : (await cell.engine.request('runs.performance', params)).report;
      const report = kept ?? (await cell.engine.request('runs.profile', params)).report!;
      return { ...report, kernels: costs(report) };
    },
};

function costs({ kernels }: PerformanceReport): KernelCost[] {
  const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const rate = (count: number, milliseconds: number) =>
    milliseconds > 0 ? (count / milliseconds) * 1000 : null;
  return kernels.map((kernel) => ({
    ...kernel,
    share: total > 0 ? kernel.milliseconds / total : 0,
    flopsPerSecond: kernel.flops === null ? null : rate(kernel.flops, kernel.milliseconds),
    bytesPerSecond: rate(kernel.bytes, kernel.milliseconds),
  }));
}
