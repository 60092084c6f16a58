/** `npm run bench -- [name…]`: measures against peers, alternately in one run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describe, openNodeGpu } from '../scripts/node-gpu.ts';
import { benches } from './benches.ts';
import { peers, type PeerName } from './contestants/index.ts';
import { allPeers, type BenchOptions } from './options.ts';
import { writeReport } from './report.ts';
import { saveRows } from './results.ts';
import { formatTable, type BenchRow } from './row.ts';
import { works, type WorkName } from './work.ts';

export const usage = `bench [name…] [--work NAME]… [--peer NAME]… [--steps N] [--seconds N] [--size MIB]
      [--json FILE] [--save NAME]
bench report

${Object.entries(benches)
  .map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`)
  .join('\n')}
  report     writes docs/benchmarks.md from what was saved

  --work     ${Object.keys(works).join(', ')}; default A and B, on a software adapter small
  --peer     ${allPeers.join(', ')}; default all that are here
  --steps    timed steps or rounds; where fewer would say nothing (precision, proof), more are run
  --seconds  about how long each peer may take in a bench (default 60); a slow one takes part in fewer rounds
  --size     MiB of the model that \`import\` brings in (default 1024)
  --json     writes the rows
  --save     keeps the rows in bench/results/NAME.json, in place of earlier ones of the same names`;

/** Set for a process that measures one of several benchmarks. */
const partOfMany = 'AMURO_BENCH_PART';

/** Runs the benchmarks named, or all; returns the exit code. */
export async function main(parameters: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      json: { type: 'string' },
      save: { type: 'string' },
      work: { type: 'string', multiple: true, default: [] },
      peer: { type: 'string', multiple: true, default: allPeers },
      steps: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      size: { type: 'string', default: '1024' },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (positionals[0] === 'report') {
    console.log(`wrote ${writeReport()}`);
    return 0;
  }
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  check('benchmark', names, benches);
  check('work', values.work, works);
  check('peer', values.peer, peers);
  const told = {
    peers: values.peer as PeerName[],
    steps: values.steps === undefined ? null : count('--steps', values.steps),
    seconds: count('--seconds', values.seconds),
    size: count('--size', values.size),
  };
  const rows = await measure(names, values.work as WorkName[], told);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  if (values.save) saveRows(values.save, rows);
  return 0;
}

async function measure(
  names: readonly string[],
  chosen: readonly WorkName[],
  told: Omit<BenchOptions, 'work' | 'steps'> & { steps: number | null },
): Promise<BenchRow[]> {
  if (names.some((name) => benches[name]!.cold)) disableDriverCaches();
  const gpu = await openNodeGpu();
  const { software } = gpu.adapter;
  // On a software adapter the works of published figures take minutes each.
  const usual: readonly WorkName[] = software ? ['small'] : ['A', 'B'];
  const parts = names.flatMap((name) => {
    const { work, steps: usualSteps, least = 1 } = benches[name]!;
    const steps = Math.max(told.steps ?? usualSteps, least);
    const worksOfOne = chosen.length > 0 ? chosen : work ? [work] : usual;
    return worksOfOne.map((of) => ({ name, options: { ...told, work: of, steps } }));
  });
  const rows: BenchRow[] = [];
  for (const { name, options } of parts)
    rows.push(...(parts.length === 1 ? await benches[name]!.run(gpu, options) : runApart(name, options)));
  if (process.env[partOfMany]) return rows;
  console.log(`\nadapter: ${describe(gpu)}\n${formatTable(rows)}`);
  if (software) console.log('A software adapter: only the ratios mean anything.');
  return rows;
}

/**
 * One benchmark in a process of its own: what another compiled, cached or left in a pool must not show, and jax-js knows
 * one device for the life of a process.
 */
function runApart(name: string, { work, peers: names, steps, seconds, size }: BenchOptions): BenchRow[] {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const file = join(folder, 'rows.json');
  const own = [...process.execArgv, process.argv[1]!];
  const told = ['--work', work, '--steps', String(steps), '--seconds', String(seconds)];
  const files = ['--size', String(size), '--json', file];
  const who = names.flatMap((peer) => ['--peer', peer]);
  const child = spawnSync(process.execPath, [...own, name, ...told, ...files, ...who], {
    stdio: 'inherit',
    env: { ...process.env, [partOfMany]: '1' },
  });
  try {
    if (child.status !== 0) throw new Error(`bench: ${name} of ${work} failed; see above`);
    return JSON.parse(readFileSync(file, 'utf8')) as BenchRow[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Drivers keep compiled shaders on disk: a first step would be cold only once. */
function disableDriverCaches(): void {
  process.env.MESA_SHADER_CACHE_DISABLE = 'true';
  process.env.__GL_SHADER_DISK_CACHE = '0';
}

function count(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new RangeError(`bench: ${option} is ${text}, expected a whole number above 0`);
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
