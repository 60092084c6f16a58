/**
 * The bundle's command: benchmarks, conformance and the kernels' own tests on any machine with Node 20 and the npm
 * package `webgpu`. See `usage`.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, openNodeGpu } from '../../scripts/node-gpu.ts';
import { main as parity } from '../../test/conformance/command.ts';
import { main as bench, usage as benchUsage } from '../command.ts';
import { versions } from '../versions.ts';
import { selfTest } from './self-test.ts';

const usage = `node amuro-bench.mjs all [--json FILE]     self-test, conformance and every benchmark
node amuro-bench.mjs self-test [PART…]     the project's own GPU tests, or those whose path contains PART
node amuro-bench.mjs parity [DIR…]         conformance with Hugging Face transformers; the directories beside this file
node amuro-bench.mjs ${benchUsage}`;

async function main([command, ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case undefined:
    case '--help':
      console.log(usage);
      return 0;
    case 'all':
      return all(rest);
    case 'self-test':
      return (await selfTest(rest)).failures.length === 0 ? 0 : 1;
    case 'parity':
      return parity(rest.length > 0 ? rest : conformanceDirectories());
    case 'bench':
      return bench(rest);
    default:
      // What the benchmarks start for one of several.
      return bench([command, ...rest]);
  }
}

/** Everything, and one file that tells it. */
async function all(parameters: readonly string[]): Promise<number> {
  const named = parameters.indexOf('--json');
  const file = named >= 0 ? parameters[named + 1]! : 'results.json';
  const others = parameters.filter((_, index) => named < 0 || (index !== named && index !== named + 1));
  const gpu = await openNodeGpu();
  console.log(`adapter: ${describe(gpu)}`);
  const { vendor, architecture } = gpu.adapter;
  const host = { platform: process.platform, arch: process.arch, node: process.versions.node };
  console.log('self-test');
  const tests = await selfTest([]);
  const conformance = await parity(conformanceDirectories());
  const rowsFile = `${file}.rows`;
  const benched = await bench([...others, '--json', rowsFile]);
  const rows = JSON.parse(readFileSync(rowsFile, 'utf8')) as unknown;
  rmSync(rowsFile);
  const result = {
    measured: new Date().toISOString(),
    versions: { amuro: versions.amuro, webgpu: versions.webgpu },
    host,
    adapter: { name: describe(gpu), vendor, architecture, features: [...gpu.device.features].sort() },
    selfTest: tests,
    conformance: conformance === 0 ? 'all within tolerance' : 'over tolerance: see the output',
    rows,
  };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`wrote ${file}`);
  return Math.max(conformance, benched, Math.min(1, tests.failures.length));
}

function conformanceDirectories(): string[] {
  const folder = join(dirname(fileURLToPath(import.meta.url)), 'conformance');
  return readdirSync(folder).map((name) => join(folder, name));
}

try {
  // Dawn would keep the process alive.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
