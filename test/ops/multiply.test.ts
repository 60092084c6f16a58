import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { multiply } from '../../src/ops/multiply.ts';
import { checkOperation, tolerance } from './harness.ts';
import { elementCounts } from './sizes.ts';

describe('multiply', () => {
  it.each(elementCounts)('agrees with float64 at %i elements', async (n) => {
    await checkOperation({
      inputs: { a: { shape: [n], scale: 2 }, b: { shape: [n] } },
      build: (graph, { a, b }) => multiply(graph, a!, b!),
      tolerance: tolerance.elementwise,
    });
  });

  it('refuses tensors of different shapes', () => {
    const graph = new Graph();
    expect(() => multiply(graph, graph.input('a', [2, 3]), graph.input('b', [3, 2]))).toThrow(
      'multiply: b has the wrong shape',
    );
  });
});
