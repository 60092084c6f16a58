/**
 * `npm test`: gives the machine what the tests need, names the adapter, runs vitest with this command's arguments,
 * passes on its exit code, and ends with `N passed, N failed`, whatever happens.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countsFileVariable, formatCounts, type TestCounts } from './count-reporter.ts';
import { provisionBrowser, provisionVulkan } from './provision.ts';

async function main(parameters: readonly string[]): Promise<number> {
  try {
    provisionBrowser();
    provisionVulkan();
  } catch (error) {
    console.error((error as Error).message);
    console.log(formatCounts({ passed: 0, failed: 1, skipped: 0 }));
    return 1;
  }
  await run(['--import', 'tsx', 'scripts/adapter.ts']); // without one, the tests that need it say so
  const folder = mkdtempSync(join(tmpdir(), 'amuro-test-'));
  try {
    const file = join(folder, 'counts.json');
    const code = await run(['node_modules/vitest/vitest.mjs', 'run', ...parameters], {
      [countsFileVariable]: file,
    });
    const counts = readCounts(file, code);
    console.log(formatCounts(counts));
    return code || (counts.failed > 0 ? 1 : 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Exit code of a Node program; 1 if a signal ended it. */
function run(parameters: readonly string[], environment: Record<string, string> = {}): Promise<number> {
  const child = spawn(process.execPath, parameters, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** A run that ended badly without a failed test (vitest itself crashed, nothing matched) counts as one failure. */
function readCounts(file: string, code: number): TestCounts {
  let counts: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = JSON.parse(readFileSync(file, 'utf8')) as TestCounts;
  } catch {
    console.error('The test run ended before it could be counted.');
    return { ...counts, failed: 1 };
  }
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

// Ctrl+C goes to vitest too, which ends by itself; the count still comes last.
process.on('SIGINT', () => undefined);
process.exitCode = await main(process.argv.slice(2));
