import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { swiglu } from '../../src/ops/swiglu.ts';
import { checkOperation, tolerance } from './harness.ts';
import { elementCounts } from './sizes.ts';

describe('swiglu', () => {
  it.each(elementCounts)('agrees with float64 at %i elements', async (n) => {
    await checkOperation({
      inputs: { gate: { shape: [n], scale: 2 }, up: { shape: [n] } },
      build: (graph, { gate, up }) => swiglu(graph, gate!, up!),
      tolerance: tolerance.elementwise,
    });
  });

  it('stays finite and right far out', async () => {
    const data = [-1e4, -500, -88.8, -80, -60, -20, -0.0, 0, 20, 88.8, 500, 1e4];
    await checkOperation({
      inputs: { gate: { shape: [data.length], data }, up: { shape: [data.length] } },
      build: (graph, { gate, up }) => swiglu(graph, gate!, up!),
      tolerance: tolerance.elementwise,
      finiteDifferences: false,
    });
  });

  it('refuses gate and up of different shapes', () => {
    const graph = new Graph();
    expect(() => swiglu(graph, graph.input('gate', [2, 3]), graph.input('up', [3, 2]))).toThrow(
      'swiglu: up has the wrong shape',
    );
  });
});
