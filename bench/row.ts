/** What a benchmark reports: rows of ours against theirs, as JSON and as a table. */
import { describe } from '../scripts/node-gpu.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { versions } from './versions.ts';

export type Spread = readonly [min: number, median: number, max: number];

export interface BenchRow {
  readonly bench: string;
  readonly work: string;
  readonly adapter: string;
  readonly subject: string;
  readonly peer: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly theirs: Spread;
  /** Above 1: ours is better. */
  readonly ratio: number;
  readonly notes: string;
}

/** What a benchmark measured, before medians. */
export interface Measured {
  readonly gpu: Gpu;
  readonly bench: string;
  readonly work: string;
  readonly peer: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly notes: string;
}

export function makeRow({ gpu, bench, work, peer, unit, better, notes, ...values }: Measured): BenchRow {
  const [ours, theirs] = [spread(values.ours), spread(values.theirs)];
  return {
    bench,
    work,
    adapter: describe(gpu),
    subject: `amuro ${versions.amuro}`,
    peer,
    unit,
    ours,
    theirs,
    ratio: ratio(better, ours, theirs),
    notes,
  };
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return [sorted[0]!, median, sorted.at(-1)!];
}

/** How many times better ours is, by medians. */
export function ratio(better: 'lower' | 'higher', ours: Spread, theirs: Spread): number {
  return better === 'lower' ? theirs[1] / ours[1] : ours[1] / theirs[1];
}

export function formatTable(rows: readonly BenchRow[]): string {
  const cells = rows.map((row) => [
    row.bench,
    row.work,
    row.peer,
    `${formatSpread(row.ours)} ${row.unit}`,
    `${formatSpread(row.theirs)} ${row.unit}`,
    `${row.ratio.toFixed(2)}×`,
    row.notes,
  ]);
  const table = [['bench', 'work', 'peer', 'ours (min–max)', 'theirs (min–max)', 'ratio', 'notes'], ...cells];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  return table
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function formatSpread([min, median, max]: Spread): string {
  return min === max ? number(median) : `${number(median)} (${number(min)}–${number(max)})`;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
