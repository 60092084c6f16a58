import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import { swigluFused } from '../../src/ops/swiglu-fused.ts';
import { swiglu } from '../../src/ops/swiglu.ts';
import { checkOperation, tolerance } from './harness.ts';

describe('swigluFused', () => {
  it.each([
    [1, 1],
    [5, 3],
    [3, 8],
    [7, 33],
    [2, 132],
  ])('agrees with float64 at %i rows of %i', async (rows, columns) => {
    await checkOperation({
      inputs: { gateUp: { shape: [rows, 2 * columns], scale: 2 } },
      build: (graph, { gateUp }) => swigluFused(graph, gateUp!),
      tolerance: tolerance.elementwise,
    });
  });

  it('takes the gate from the first half of each row', () => {
    const graph = new Graph();
    const fused = swigluFused(graph, graph.input('gateUp', [2, 4]));
    const apart = swiglu(graph, graph.input('gate', [2, 2]), graph.input('up', [2, 2]));
    const reference = new Interpreter(graph);
    reference.run({
      gateUp: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      gate: Float32Array.of(1, 2, 5, 6),
      up: Float32Array.of(3, 4, 7, 8),
    });
    expect(reference.read(fused)).toEqual(reference.read(apart));
  });

  it('refuses rows without halves', () => {
    const graph = new Graph();
    expect(() => swigluFused(graph, graph.input('gateUp', [2, 3]))).toThrow(
      'swigluFused: gateUp has two halves, got 3 columns, expected an even number',
    );
  });
});
