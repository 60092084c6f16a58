import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { clamp } from '../../src/ops/clamp.ts';
import { checkOperation, tolerance } from './harness.ts';
import { elementCounts } from './sizes.ts';

describe('clamp', () => {
  it.each(elementCounts)('agrees with float64 at %i elements', async (n) => {
    await checkOperation({
      inputs: { x: { shape: [n], scale: 2 } },
      build: (graph, { x }) => clamp(graph, x!, -1.5, 0.75),
      tolerance: tolerance.elementwise,
    });
  });

  it('passes the gradient on the bounds themselves', async () => {
    await checkOperation({
      inputs: { x: { shape: [4], data: [-2, -1, 1, 2] } },
      build: (graph, { x }) => clamp(graph, x!, -1, 1),
      tolerance: 0,
      finiteDifferences: false,
    });
  });

  it('refuses bounds in the wrong order', () => {
    const graph = new Graph();
    expect(() => clamp(graph, graph.input('x', [1]), 2, 1)).toThrow(
      'clamp: the bounds are in the wrong order, got 2 and 1',
    );
  });
});
