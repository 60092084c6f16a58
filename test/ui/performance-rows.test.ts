/** A run's performance as rows: rates, shares and roofs told by hand. */
import { describe, expect, it } from 'vitest';
import { choiceRows, formatRate, kernelRows, summary } from '../../src/ui/performance-rows.ts';
import { report, runPerformance } from './performance-fixtures.ts';

describe('kernelRows', () => {
  const [matmul, adamw, attention] = kernelRows(report);

  it('gives rates per second and shares of the kernels’ time', () => {
    expect(matmul).toMatchObject({ count: 7, ms: 6, share: 0.6, flops: 10e9, bytes: 0.5e9 });
  });

  it('holds each kernel against the lower of its two roofs', () => {
    // 60 MFLOP at 40 GFLOP/s take 1.5 of 6 ms; 9 MB at 4 GB/s 2.25 of 3 ms; 1 MB 0.25 of 1 ms, its 2 MFLOP only 0.05.
    expect([matmul!['roof'], adamw!['roof'], attention!['roof']]).toEqual([
      expect.closeTo(0.25, 12),
      expect.closeTo(0.75, 12),
      expect.closeTo(0.25, 12),
    ]);
  });

  it('claims no speed for what is not counted, nor any rate for what took no time', () => {
    expect(adamw!['flops']).toBeNull();
    const instant = { ...report.kernels[0]!, milliseconds: 0 };
    expect(kernelRows({ ...report, kernels: [instant] })[0]).toMatchObject({
      share: 0,
      flops: null,
      bytes: null,
      roof: null,
    });
  });
});

it('the summary of a step sets it against the ceilings', () => {
  const told = Object.fromEntries(summary(report));
  expect(told).toMatchObject({
    'one step': '12.5\u202fms',
    'its kernels, one by one': '10\u202fms',
    tokens: '24,400\u202f/s',
    'dispatches, submits': '11, 2',
    arithmetic: '4.96\u202fGFLOP/s',
    'MFU, of multiply-adds': '12.4\u202f%',
    'of the best matmul': '24.8\u202f%',
    'ceiling: triad': '4\u202fGB/s',
  });
});

it('choiceRows names what the run keeps, what is fastest here, and every candidate by rising time', () => {
  expect(choiceRows(runPerformance)).toEqual([
    {
      choice: 'matmul-nn:31x33x63',
      runs: 'register-4x4',
      fastest: 'tile-64x64',
      measured: 'tile-64x64 0.5 · register-4x4 0.75 · tile-128x64 cannot run',
    },
    { choice: 'attention:61', runs: 'fused', fastest: null, measured: '' },
  ]);
});

it('formatRate takes the unit that leaves at most three digits before the point', () => {
  expect([0, 999, 999.6, 47.6e9, 999.9e9, 1.5e13].map((rate) => formatRate(rate, 'FLOP/s'))).toEqual([
    '0\u202fFLOP/s',
    '999\u202fFLOP/s',
    '1\u202fkFLOP/s',
    '47.6\u202fGFLOP/s',
    '1\u202fTFLOP/s',
    '15\u202fTFLOP/s',
  ]);
});
