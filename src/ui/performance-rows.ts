/** A run's performance as rows and columns of tables, and in a few numbers. */
import type { PerformanceReport } from '../experiments/profile-training.ts';
import type { RunPerformance } from '../experiments/run-performance.ts';
import { formatBytes, formatCount, formatNumber } from './quantities.ts';
import type { CellValue, Column, TableRow } from './table-rows.ts';

const SPACE = '\u202f';

/** A rate in the unit that leaves one to three digits before the point: `5.7 GFLOP/s`. */
export function formatRate(perSecond: number, unit: string): string {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P'];
  let size = perSecond;
  let power = 0;
  for (; size >= 999.5 && power < prefixes.length - 1; power++) size /= 1000;
  return `${formatNumber(size, 3)}${SPACE}${prefixes[power]}${unit}`;
}

function share(part: number, whole: number): string {
  return `${formatNumber((100 * part) / whole, part < whole / 10 ? 2 : 3)}${SPACE}%`;
}

function milliseconds(value: number): string {
  return `${formatNumber(value, 3)}${SPACE}ms`;
}

/** What a reader wants first. */
export function summary(report: PerformanceReport): readonly (readonly [string, string])[] {
  const { stepMilliseconds, tokensPerStep, flops, ceilings, dispatches, submits, kernels } = report;
  const perSecond = 1000 / stepMilliseconds;
  const kernelTime = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  return [
    ['one step', milliseconds(stepMilliseconds)],
    ['its kernels, one by one', milliseconds(kernelTime)],
    ['steps', `${formatNumber(perSecond, 3)}${SPACE}/s`],
    ['tokens', `${formatCount(Math.round(perSecond * tokensPerStep))}${SPACE}/s`],
    ['dispatches, submits', `${formatCount(dispatches)}, ${formatCount(submits)}`],
    ['arithmetic', formatRate(flops * perSecond, 'FLOP/s')],
    ['MFU, of multiply-adds', share(flops * perSecond, ceilings.arithmetic)],
    ['of the best matmul', share(flops * perSecond, ceilings.matmul)],
    ['ceiling: multiply-adds', formatRate(ceilings.arithmetic, 'FLOP/s')],
    ['ceiling: matmul', `${formatRate(ceilings.matmul, 'FLOP/s')} (${ceilings.matmulKernel})`],
    ['ceiling: triad', formatRate(ceilings.bandwidth, 'B/s')],
    ['measured by', ceilings.timer === 'timestamps' ? 'GPU timestamps' : 'the clock, around submits'],
    ['on', report.adapter],
    ['at', new Date(report.measuredAt).toLocaleString()],
  ];
}

const rate =
  (unit: string) =>
  (value: CellValue): string =>
    typeof value === 'number' ? formatRate(value, unit) : '–';

export const kernelColumns: readonly Column[] = [
  { key: 'kernel' },
  { key: 'count' },
  { key: 'ms', format: (value) => formatNumber(value as number, 3) },
  { key: 'share', format: (value) => share(value as number, 1) },
  { key: 'flops', title: 'speed', format: rate('FLOP/s') },
  { key: 'bytes', title: 'traffic', format: rate('B/s') },
  { key: 'roof', title: 'of roof', format: (value) => (typeof value === 'number' ? share(value, 1) : '–') },
];

/**
 * One row for each kernel and size, the longest first; rates per second. `roof` is the time that the measured ceilings
 * would need, over the time it took: above 1 where what it reads was still in a cache.
 */
export function kernelRows({ kernels, ceilings }: PerformanceReport): TableRow[] {
  const total = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  return kernels.map(({ kernel, dispatches, milliseconds: ms, flops, bytes }) => ({
    kernel,
    count: dispatches,
    ms,
    share: total > 0 ? ms / total : 0,
    flops: flops === null || ms === 0 ? null : (flops / ms) * 1000,
    bytes: ms === 0 ? null : (bytes / ms) * 1000,
    roof:
      ms === 0
        ? null
        : (Math.max((flops ?? 0) / ceilings.arithmetic, bytes / ceilings.bandwidth) / ms) * 1000,
  }));
}

export const memoryColumns: readonly Column[] = [
  { key: 'what' },
  { key: 'bytes', format: (value) => formatBytes(value as number) },
];

export function memoryRows({ memory }: PerformanceReport): TableRow[] {
  return Object.entries(memory).map(([what, bytes]) => ({ what, bytes }));
}

export const choiceColumns: readonly Column[] = [
  { key: 'choice', title: 'operation and shape' },
  { key: 'runs', title: 'this run' },
  { key: 'fastest', title: 'fastest here' },
  { key: 'measured', title: 'measured, ms' },
];

/** One row for each choice of the run: what it runs, and what is known of the candidates. */
export function choiceRows({ choices, tuning }: RunPerformance): TableRow[] {
  return Object.entries(choices).map(([choice, runs]) => {
    const known = tuning[choice];
    const times = [...(known?.candidates ?? [])].sort(
      (a, b) => (a.milliseconds ?? Infinity) - (b.milliseconds ?? Infinity),
    );
    return {
      choice,
      runs,
      fastest: known?.chosen ?? null,
      measured: times
        .map(({ name, milliseconds: ms }) => `${name} ${ms === null ? 'cannot run' : formatNumber(ms, 3)}`)
        .join(' · '),
    };
  });
}
