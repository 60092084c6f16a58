import { describe, it } from 'vitest';
import { cacheWrite } from '../../src/ops/cache-write.ts';
import { cachedAttention } from '../../src/ops/cached-attention.ts';
import { checkOperation, tolerance } from './harness.ts';

describe('cachedAttention', () => {
  it.each([
    { B: 1, S: 1, H: 1, K: 1, D: 1, lengths: [1] },
    { B: 3, S: 7, H: 2, K: 2, D: 8, lengths: [1, 7, 3] },
    { B: 2, S: 65, H: 4, K: 2, D: 24, lengths: [64, 65] },
    { B: 2, S: 131, H: 4, K: 1, D: 67, lengths: [130, 33] },
  ])('agrees with float64 at B=$B S=$S H=$H K=$K D=$D', async ({ B, S, H, K, D, lengths }) => {
    await checkOperation({
      inputs: {
        q: { shape: [B, 1, H, D], constant: true },
        k: { shape: [B, S, K, D], constant: true },
        v: { shape: [B, S, K, D], constant: true },
      },
      indices: { lengths: { shape: [B], data: Int32Array.from(lengths) } },
      build: (graph, { q, k, v, lengths: n }) => cachedAttention(graph, q!, k!, v!, n!, { scale: D ** -0.5 }),
      tolerance: tolerance.rows,
      finiteDifferences: false,
    });
  });
});

describe('cacheWrite', () => {
  it.each([
    { B: 1, S: 1, T: 1, K: 1, D: 1, starts: [0] },
    { B: 3, S: 7, T: 2, K: 2, D: 5, starts: [0, 6, 3] },
    { B: 2, S: 33, T: 33, K: 3, D: 7, starts: [0, 1] },
  ])(
    'puts rows where they belong and drops what does not fit, at B=$B S=$S T=$T',
    async ({ B, S, T, K, D, starts }) => {
      await checkOperation({
        inputs: {
          cache: { shape: [B, S, K, D], constant: true },
          x: { shape: [B, T, K, D], constant: true },
        },
        indices: { starts: { shape: [B], data: Int32Array.from(starts) } },
        build: (graph, { cache, x, starts: s }) => cacheWrite(graph, cache!, x!, s!),
        tolerance: tolerance.elementwise,
        finiteDifferences: false,
      });
    },
  );
});
