/** What was measured, kept: `bench/results/NAME.json`, from which docs/benchmarks.md is written. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchRow } from './row.ts';
import { versions } from './versions.ts';

const folder = 'bench/results';

/** A row with when and with what it was measured. */
export interface KeptRow extends BenchRow {
  /** ISO date. */
  readonly measured: string;
  readonly versions: string;
}

/** Keeps rows, in place of earlier ones of the same bench, work and peer. */
export function saveRows(name: string, rows: readonly BenchRow[]): void {
  const file = join(folder, `${name}.json`);
  const kept = new Map((existsSync(file) ? readRows(file) : []).map((row) => [keyOf(row), row]));
  const measured = new Date().toISOString().slice(0, 10);
  const software = `amuro ${versions.amuro}, webgpu ${versions.webgpu}, Node ${process.versions.node}`;
  for (const row of rows) kept.set(keyOf(row), { ...row, measured, versions: software });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify([...kept.values()], null, 2)}\n`);
}

/** Every row kept, file by file. */
export function loadRows(): KeptRow[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().flatMap((file) => readRows(join(folder, file)));
}

function readRows(file: string): KeptRow[] {
  return JSON.parse(readFileSync(file, 'utf8')) as KeptRow[];
}

const keyOf = ({ bench, work, peer }: BenchRow): string => [bench, work, peer].join('\n');
