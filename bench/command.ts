/** `npm run bench -- [name…] [--work NAME]… [--json FILE]`: measures against peers, alternately in one run. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describe, openNodeGpu } from '../scripts/node-gpu.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { benchMatmul } from './matmul.ts';
import { formatTable, type BenchRow } from './row.ts';
import { benchStep } from './step.ts';
import { works, type WorkName } from './work.ts';

/** Every benchmark, by name. */
const benches: Readonly<Record<string, (gpu: Gpu, works: readonly WorkName[]) => Promise<BenchRow[]>>> = {
  step: benchStep,
  matmul: benchMatmul,
};

/** Runs the benchmarks named, or all; returns the exit code. */
export async function main(parameters: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: { json: { type: 'string' }, work: { type: 'string', multiple: true } },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  check('benchmark', names, benches);
  check('work', values.work ?? [], works);
  const gpu = await openNodeGpu();
  console.log(`adapter: ${describe(gpu)}`);
  // On a software adapter the works of published figures would take an hour.
  const chosen = (values.work ?? (gpu.adapter.software ? ['small'] : ['A', 'B'])) as WorkName[];
  const rows: BenchRow[] = [];
  for (const name of names) rows.push(...(await benches[name]!(gpu, chosen)));
  console.log(formatTable(rows));
  if (gpu.adapter.software) console.log('A software adapter: only the ratios mean anything.');
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  return 0;
}

function check(what: string, names: readonly string[], table: object): void {
  for (const name of names) {
    if (!Object.hasOwn(table, name)) {
      throw new RangeError(
        `bench: no ${what} named ${name}, expected one of ${Object.keys(table).join(', ')}`,
      );
    }
  }
}
