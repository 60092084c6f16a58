import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatReport } from '../../bench/report.ts';
import { loadRows, type KeptRow } from '../../bench/results.ts';

const row: KeptRow = {
  bench: 'step',
  work: 'A',
  adapter: 'llvmpipe: Mesa 25, software',
  subject: 'amuro 0.1.0',
  peer: 'tfjs',
  unit: 'ms',
  ours: [1, 2, 3],
  theirs: [4, 4, 4],
  ratio: 2,
  notes: 'n',
  measured: '2026-11-25',
  versions: 'webgpu 0.6.2',
};

describe('the report', () => {
  it('says plainly whether a real GPU was measured', () => {
    expect(formatReport([row])).toContain('No real GPU was at hand');
    expect(formatReport([row, { ...row, adapter: 'NVIDIA H100' }])).not.toContain('No real GPU');
  });

  it('gives every row with adapter, versions and date, in the section of its bench', () => {
    const lines = formatReport([row, { ...row, bench: 'proof.bits' }]).split('\n');
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(at('| step | A | llvmpipe, software | tfjs | 2.00 (1.00–3.00) ms |')).toBeGreaterThan(
      at('## Whole steps'),
    );
    expect(at('| proof.bits |')).toBeGreaterThan(at('## Proofs over whole runs'));
    expect(at('| 2026-11-25, webgpu 0.6.2 |')).toBeGreaterThan(0);
  });

  it('is what docs/benchmarks.md holds: no figure there is written by hand', () => {
    expect(readFileSync('docs/benchmarks.md', 'utf8')).toBe(formatReport(loadRows()));
  });
});
