/** The bundle to carry: built, copied beside nothing but the webgpu package, it measures and tests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchRow } from '../../bench/row.ts';

const folder = mkdtempSync(join(tmpdir(), 'bundle-'));

function run(...parameters: string[]): string {
  return execFileSync(process.execPath, ['amuro-bench.mjs', ...parameters], {
    cwd: folder,
    encoding: 'utf8',
  });
}

beforeAll(() => {
  execFileSync(process.execPath, [
    resolve('node_modules/tsx/dist/cli.mjs'),
    'scripts/bundle.ts',
    '--out',
    folder,
  ]);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve('node_modules/webgpu'), join(folder, 'node_modules/webgpu'));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe('the bundle', () => {
  it('says what it can do', () => {
    expect(run('--help')).toMatch(/self-test[^]*parity[^]*--peer/);
  });

  it('measures, and writes rows', () => {
    run('matmul', '--work', 'tiny', '--steps', '1', '--json', 'rows.json');
    const rows = JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8')) as BenchRow[];
    expect(rows.length).toBeGreaterThan(9);
    expect(rows[0]).toMatchObject({ bench: 'matmul.nt.16x48x16', work: 'tiny', unit: 'GFLOP/s' });
    for (const { ours, theirs } of rows) expect(Math.min(...ours, ...theirs)).toBeGreaterThan(0);
  });

  it('runs the GPU tests that are named', () => {
    expect(run('self-test', 'ops/add.test')).toMatch(/test\/ops\/add\.test\.ts: [1-9]\d* passed, 0 failed/);
  });

  it('checks a conformance directory', () => {
    expect(run('parity', 'conformance/olmo-tiny')).toContain('parity: all within tolerance');
  });
});
