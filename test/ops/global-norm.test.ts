import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { globalNorm } from '../../src/ops/global-norm.ts';
import { checkOperation, tolerance } from './harness.ts';

describe('globalNorm', () => {
  it.each([[[1]], [[2, 3]], [[31, 1025, 33]], [[100_003, 65]]])(
    'measures tensors of %j numbers',
    async (sizes) => {
      await checkOperation({
        inputs: Object.fromEntries(sizes.map((n, i) => [`x${i}`, { shape: [n], constant: true }])),
        build: (graph, tensors) => globalNorm(graph, Object.values(tensors)),
        tolerance: tolerance.rows,
      });
    },
  );

  it('refuses nothing', () => {
    expect(() => globalNorm(new Graph(), [])).toThrow('globalNorm: nothing to measure');
  });
});
