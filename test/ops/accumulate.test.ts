import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { accumulate } from '../../src/ops/accumulate.ts';
import { fill } from '../../src/ops/fill.ts';
import { expectClose, seededNormal, tolerance } from './harness.ts';
import { runOnBoth } from './run-graph.ts';
import { elementCounts } from './sizes.ts';

describe('accumulate', () => {
  it.each(elementCounts)('adds up steps over %i elements', async (n) => {
    const random = seededNormal(n);
    const draw = () => Float32Array.from({ length: n }, random);
    const graph = new Graph();
    const total = accumulate(graph, graph.variable('total', [n]), graph.input('addend', [n]));
    const steps = [draw(), draw(), draw()].map((addend) => ({ addend }));
    const [result] = await runOnBoth(graph, { total: draw() }, steps, [total]);
    expectClose(result!.actual, result!.expected, tolerance.elementwise, 'total');
  });

  it('refuses an addend of another shape', () => {
    const graph = new Graph();
    expect(() => accumulate(graph, graph.variable('total', [4]), graph.input('addend', [5]))).toThrow(
      'accumulate: addend has the wrong shape',
    );
  });
});

describe('fill', () => {
  it.each([1, 3, 65, 1009, 1028, 65_535 * 64 + 1])('sets %i elements, whatever they were', async (n) => {
    const graph = new Graph();
    const x = fill(graph, graph.variable('x', [n]), -2.5);
    const [result] = await runOnBoth(graph, { x: new Float32Array(n).fill(NaN) }, [{}], [x]);
    expect((result!.actual as Float32Array).every((value) => value === -2.5)).toBe(true);
    expect((result!.expected as Float64Array).every((value) => value === -2.5)).toBe(true);
  });
});
