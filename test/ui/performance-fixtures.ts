/** One measured step for the tests of the page: round rates, so that what is shown can be told by hand. */
import type { PerformanceReport } from '../../src/experiments/profile-training.ts';
import type { RunPerformance } from '../../src/experiments/run-performance.ts';

export const report: PerformanceReport = {
  measuredAt: 0,
  adapter: 'An adapter',
  kernels: [
    { kernel: 'matmul-tile 31×33×63', dispatches: 7, milliseconds: 6, flops: 60e6, bytes: 3e6 },
    { kernel: 'adamw', dispatches: 1, milliseconds: 3, flops: null, bytes: 9e6 },
    { kernel: 'attention', dispatches: 3, milliseconds: 1, flops: 2e6, bytes: 1e6 },
  ],
  ceilings: {
    arithmetic: 40e9,
    matmul: 20e9,
    matmulKernel: 'register-8x8, 256³',
    bandwidth: 4e9,
    timer: 'timestamps',
  },
  memory: { parameters: 1_000_000, gradients: 1_000_000, total: 2_000_000 },
  dispatches: 11,
  submits: 2,
  stepMilliseconds: 12.5,
  tokensPerStep: 305,
  flops: 62e6,
};

export const runPerformance: RunPerformance = {
  report,
  choices: { 'matmul-nn:31x33x63': 'register-4x4', 'attention:61': 'fused' },
  tuning: {
    'matmul-nn:31x33x63': {
      chosen: 'tile-64x64',
      fallback: 'register-4x4',
      candidates: [
        { name: 'register-4x4', milliseconds: 0.75 },
        { name: 'tile-128x64', milliseconds: null },
        { name: 'tile-64x64', milliseconds: 0.5 },
      ],
    },
  },
};

/** A run that has neither been profiled nor tuned. */
export const unmeasured: RunPerformance = { report: null, choices: {}, tuning: {} };
