import { describe, it } from 'vitest';
import { causalAttention } from '../../src/ops/causal-attention.ts';
import { checkOperation, tolerance } from './harness.ts';

describe('causalAttention', () => {
  it.each([
    { batch: 1, time: 1, heads: 1, keyHeads: 1, headSize: 1 },
    { batch: 2, time: 3, heads: 2, keyHeads: 1, headSize: 3 },
    { batch: 2, time: 31, heads: 4, keyHeads: 2, headSize: 8 },
    { batch: 1, time: 33, heads: 4, keyHeads: 1, headSize: 16 },
    { batch: 3, time: 13, heads: 3, keyHeads: 3, headSize: 24 },
    { batch: 1, time: 65, heads: 2, keyHeads: 2, headSize: 64 },
  ])('agrees with float64 at $batch × $time, $heads/$keyHeads heads of $headSize', async (sizes) => {
    const { batch, time, heads, keyHeads, headSize } = sizes;
    await checkOperation({
      inputs: {
        q: { shape: [batch, time, heads, headSize] },
        k: { shape: [batch, time, keyHeads, headSize] },
        v: { shape: [batch, time, keyHeads, headSize] },
      },
      build: (graph, { q, k, v }) => causalAttention(graph, q!, k!, v!, { scale: 1 / Math.sqrt(headSize) }),
      tolerance: tolerance.rows,
    });
  });
});
