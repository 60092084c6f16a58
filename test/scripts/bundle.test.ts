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

  it('compares losses with a peer, and writes rows', () => {
    run('losses', '--work', 'tiny', '--steps', '1', '--peer', 'tfjs', '--json', 'rows.json');
    const [row] = JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8')) as BenchRow[];
    expect(row).toMatchObject({ bench: 'losses', work: 'tiny', peer: 'tfjs-webgpu 4.22.0' });
    expect(row!.ratio).toBeGreaterThan(1);
  });

  it('runs the GPU tests that are named', () => {
    expect(run('self-test', 'ops/add.test')).toMatch(/test\/ops\/add\.test\.ts: [1-9]\d* passed, 0 failed/);
  });

  it('checks a conformance directory', () => {
    expect(run('parity', 'conformance/olmo-tiny')).toContain('parity: all within tolerance');
  });
});
