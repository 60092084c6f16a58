/** `npm run bench -- [name…]`: measures against peers, alternately in one run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describe, openNodeGpu } from '../scripts/node-gpu.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { peers, type PeerName } from './contestants/index.ts';
import { benchEncode } from './encode.ts';
import { benchFloor } from './floor.ts';
import { benchLosses } from './losses.ts';
import { benchMatmul } from './matmul.ts';
import { allPeers, type BenchOptions } from './options.ts';
import { benchMemory } from './memory.ts';
import { benchPrecision } from './precision.ts';
import { formatTable, type BenchRow } from './row.ts';
import { benchStep } from './step.ts';
import { works, type WorkName } from './work.ts';

interface Bench {
  readonly run: (gpu: Gpu, options: BenchOptions) => Promise<BenchRow[]>;
  readonly steps: number;
  readonly what: string;
}

/** Every benchmark, by name, with how many steps or rounds it takes unless told. */
const benches: Readonly<Record<string, Bench>> = {
  step: {
    run: benchStep,
    steps: 10,
    what: 'whole training steps, first step and peak memory, against every peer',
  },
  losses: { run: benchLosses, steps: 30, what: 'that every peer computes the same losses' },
  floor: { run: benchFloor, steps: 9, what: 'a step against what its matrix products alone would take' },
  matmul: { run: benchMatmul, steps: 9, what: 'matmul kernels against a plain vec4 4×4 one' },
  precision: { run: benchPrecision, steps: 300, what: 'the loss curve with reduced storage against f32' },
  memory: { run: benchMemory, steps: 2, what: 'peak of all buffers against what a step must hold' },
  encode: { run: benchEncode, steps: 30, what: 'what a dispatch costs the host' },
};

export const usage = `npm run bench -- [name…] [--work NAME]… [--peer NAME]… [--steps N] [--seconds N] [--json FILE]

${Object.entries(benches)
  .map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`)
  .join('\n')}

  --work     ${Object.keys(works).join(', ')}; default A and B, on a software adapter small
  --peer     ${allPeers.join(', ')}; default all that are here
  --steps    timed steps or rounds
  --seconds  about how long each peer may take in a bench (default 60); a slow one then takes part in fewer rounds
  --json     writes the rows`;

/** Runs the benchmarks named, or all; returns the exit code. */
export async function main(parameters: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      json: { type: 'string' },
      work: { type: 'string', multiple: true },
      peer: { type: 'string', multiple: true },
      steps: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  check('benchmark', names, benches);
  check('work', values.work ?? [], works);
  check('peer', values.peer ?? [], peers);
  disableDriverCaches();
  const gpu = await openNodeGpu();
  // On a software adapter the works of published figures take minutes each.
  const chosen = (values.work ?? (gpu.adapter.software ? ['small'] : ['A', 'B'])) as WorkName[];
  const numbers = {
    steps: values.steps === undefined ? null : count('--steps', values.steps),
    seconds: values.seconds === undefined ? 60 : count('--seconds', values.seconds),
  };
  const parts = names.flatMap((name) => chosen.map((work) => ({ name, work })));
  const rows: BenchRow[] = [];
  for (const { name, work } of parts) {
    const { run, steps } = benches[name]!;
    const options = {
      ...numbers,
      work,
      peers: (values.peer ?? allPeers) as PeerName[],
      steps: numbers.steps ?? steps,
    };
    rows.push(...(parts.length === 1 ? await run(gpu, options) : runApart(name, options)));
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  if (process.env[partOfMany]) return 0;
  console.log(`\nadapter: ${describe(gpu)}\n${formatTable(rows)}`);
  if (gpu.adapter.software) console.log('A software adapter: only the ratios mean anything.');
  return 0;
}

/** Set for a process that measures one of several benchmarks. */
const partOfMany = 'AMURO_BENCH_PART';

/**
 * One benchmark in a process of its own: what another compiled, cached or left in a pool must not show, and jax-js knows
 * one device for the life of a process.
 */
function runApart(name: string, { work, peers: names, steps, seconds }: BenchOptions): BenchRow[] {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const file = join(folder, 'rows.json');
  const own = [...process.execArgv, process.argv[1]!];
  const told = ['--work', work, '--steps', String(steps), '--seconds', String(seconds), '--json', file];
  const child = spawnSync(
    process.execPath,
    [...own, name, ...told, ...names.flatMap((peer) => ['--peer', peer])],
    {
      stdio: 'inherit',
      env: { ...process.env, [partOfMany]: '1' },
    },
  );
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
