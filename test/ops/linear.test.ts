import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { linear } from '../../src/ops/linear.ts';
import { checkOperation, tolerance } from './harness.ts';

describe('linear', () => {
  it.each([
    [1, 1, 1],
    [2, 3, 5],
    [31, 33, 7],
    [65, 64, 63],
    [97, 13, 101],
    [128, 64, 192],
  ])('agrees with float64 at N = %i, in = %i, out = %i', async (rows, width, outputs) => {
    await checkOperation({
      inputs: {
        x: { shape: [rows, width] },
        weight: { shape: [outputs, width] },
        bias: { shape: [outputs] },
      },
      build: (graph, { x, weight, bias }) => linear(graph, x!, weight!, bias!),
      tolerance: tolerance.dot,
    });
  });

  it('needs no bias', async () => {
    await checkOperation({
      inputs: { x: { shape: [33, 17] }, weight: { shape: [9, 17] } },
      build: (graph, { x, weight }) => linear(graph, x!, weight!, null),
      tolerance: tolerance.dot,
    });
  });

  it('refuses operands that do not fit, and says which', () => {
    const graph = new Graph();
    const x = graph.input('x', [4, 3]);
    expect(() => linear(graph, x, graph.input('w', [5, 4]), null)).toThrow(
      'linear: weight has the wrong shape, got (5, 4), expected (*, 3)',
    );
    expect(() => linear(graph, x, graph.input('v', [5, 3]), graph.input('b', [4]))).toThrow('linear: bias');
  });
});
