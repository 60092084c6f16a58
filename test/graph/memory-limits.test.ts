import { describe, expect, it } from 'vitest';
import { OutOfGpuMemoryError } from '../../src/gpu/buffers.ts';
import { Graph } from '../../src/graph/graph.ts';
import { requirePlanFits, requireTensorsFit } from '../../src/graph/memory-limits.ts';
import { add } from '../../src/ops/add.ts';

const limits = { maxStorageBufferBindingSize: 4096, maxBufferSize: 8192 };

function graphOf(rows: number, parameters: number): Graph {
  const graph = new Graph();
  graph.variable('parameters', [parameters]);
  const x = graph.input('x', [rows, 16]);
  add(graph, x, x);
  return graph;
}

describe('the memory check', () => {
  it('passes what fits to the last byte', () => {
    expect(() => requireTensorsFit(graphOf(64, 1024), limits)).not.toThrow();
    expect(() => requireTensorsFit(new Graph(), limits)).not.toThrow();
  });

  it('names the largest tensor, its shape, the arithmetic, and what to make smaller', () => {
    const batch = () => requireTensorsFit(graphOf(65, 8), limits);
    expect(batch).toThrow(OutOfGpuMemoryError);
    expect(batch).toThrow(
      /\(65, 16\) .*got 4\.1 KiB, expected at most 4\.0 KiB.*2 times smaller: use a smaller batch/,
    );
    expect(() => requireTensorsFit(graphOf(1, 10_000), limits)).toThrow(
      /parameters \(10000\) .*at least 10 times smaller: use a smaller model or vocabulary/,
    );
  });

  it('refuses a sum beyond the budget with its byte table', () => {
    const table = {
      variables: 600,
      inputs: 100,
      constants: 0,
      packed: 0,
      uniforms: 0,
      slots: 400,
      total: 1100,
      peakLive: 300,
    };
    expect(() => requirePlanFits(table, 1100)).not.toThrow();
    expect(() => requirePlanFits(table, Infinity)).not.toThrow();
    expect(() => requirePlanFits(table, 1099)).toThrow(
      /got 1\.1 KiB, expected at most 1\.1 KiB\. Use a smaller batch[^]*variables +600 B\n[^]*slots +400 B/,
    );
  });
});
