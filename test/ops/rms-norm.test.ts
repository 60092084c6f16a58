import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { add } from '../../src/ops/add.ts';
import { rmsNorm } from '../../src/ops/rms-norm.ts';
import { checkOperation, tolerance } from './harness.ts';
import { laneCases, laneChoices } from './sizes.ts';

describe('rmsNorm', () => {
  it.each([
    [1, 2],
    [2, 3],
    [3, 31],
    [33, 32],
    [63, 33],
    [65, 64],
    [101, 127],
    [2, 1009],
  ])('agrees with float64 on %i rows of %i', async (rows, columns) => {
    await checkOperation({
      inputs: { x: { shape: [rows, columns], scale: 2 }, weight: { shape: [columns] } },
      build: (graph, { x, weight }) => rmsNorm(graph, x!, weight!, 1e-6),
      tolerance: tolerance.rows,
    });
  });

  it('agrees with float64 where there is one column, which normalises to ±1', async () => {
    await checkOperation({
      inputs: { x: { shape: [3, 1] }, weight: { shape: [1] } },
      build: (graph, { x, weight }) => rmsNorm(graph, x!, weight!, 0.5), // a large epsilon: else dx is all cancellation
      tolerance: tolerance.rows,
    });
  });

  it('leaves out the weight where it is null', async () => {
    await checkOperation({
      inputs: { x: { shape: [5, 37] } },
      build: (graph, { x }) => rmsNorm(graph, x!, null, 1e-6),
      tolerance: tolerance.rows,
    });
  });

  it.each(laneCases)('agrees with float64 with $lanes on rows of $columns', async ({ lanes, columns }) => {
    await checkOperation({
      inputs: { x: { shape: [7, columns] }, weight: { shape: [columns] } },
      build: (graph, { x, weight }) => rmsNorm(graph, x!, weight!, 1e-6),
      tolerance: tolerance.rows,
      choices: laneChoices(['rms-norm-forward', 'rms-norm-backward'], 7, columns, lanes),
    });
  });

  it.each([1, 31, 64])('adds what a residual connection brings, on rows of %i', async (columns) => {
    await checkOperation({
      inputs: { x: { shape: [7, columns] }, weight: { shape: [columns] } },
      // One column normalises to ±1: with a small epsilon dx is all cancellation.
      build: (graph, { x, weight }) =>
        add(graph, x!, rmsNorm(graph, x!, weight!, columns === 1 ? 0.5 : 1e-6)),
      tolerance: tolerance.rows,
    });
  });

  it('refuses an unknown variant and a weight of another width', async () => {
    const graph = new Graph();
    expect(() => rmsNorm(graph, graph.input('x', [2, 3]), graph.input('w', [4]), 1e-6)).toThrow(
      'rmsNorm: weight has the wrong shape',
    );
    const unknown = checkOperation({
      inputs: { x: { shape: [2, 3] } },
      build: (built, { x }) => rmsNorm(built, x!, null, 1e-6),
      tolerance: 0,
      choices: { 'rms-norm-forward:2x3': 'lanes3' },
    });
    await expect(unknown).rejects.toThrow('rms-norm-forward: unknown variant, got lanes3');
  });
});
