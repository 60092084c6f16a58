import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { record } from '../../src/ops/record.ts';
import { runOnBoth } from './run-graph.ts';

describe('record', () => {
  it('writes each value to its column of the row, going round', async () => {
    const graph = new Graph();
    const ring = graph.variable('ring', [3, 2]);
    const row = graph.input('row', [1], 'u32');
    const first = record(graph, ring, row, 0, graph.input('a', [1]));
    const second = record(graph, first, row, 1, graph.input('b', [1]));
    const steps = [0, 1, 2, 3].map((step) => ({
      row: Uint32Array.of(step),
      a: Float32Array.of(step + 0.5),
      b: Float32Array.of(-step),
    }));
    const [result] = await runOnBoth(graph, {}, steps, [second]);
    expect([...(result!.actual as Float32Array)]).toEqual([3.5, -3, 1.5, -1, 2.5, -2]);
    expect([...(result!.expected as Float64Array)]).toEqual([3.5, -3, 1.5, -1, 2.5, -2]);
  });

  it('refuses a column outside the ring and a row that is not u32', () => {
    const graph = new Graph();
    const ring = graph.variable('ring', [3, 2]);
    const value = graph.input('value', [1]);
    expect(() => record(graph, ring, graph.input('row', [1], 'u32'), 2, value)).toThrow(
      'record: column is outside the ring, got 2',
    );
    expect(() => record(graph, ring, graph.input('real', [1]), 0, value)).toThrow(
      'record: row has the wrong type, got f32',
    );
  });
});
