import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { add } from '../../src/ops/add.ts';
import { layerNorm } from '../../src/ops/layer-norm.ts';
import { checkOperation, tolerance } from './harness.ts';
import { laneCases, laneChoices } from './sizes.ts';

const sizes = [
  [1, 1],
  [1, 2],
  [2, 3],
  [3, 31],
  [33, 32],
  [63, 33],
  [65, 64],
  [101, 127],
  [2, 1009],
] as const;

describe('layerNorm', () => {
  it.each(sizes)('agrees with float64 on %i rows of %i', async (rows, columns) => {
    await checkOperation({
      inputs: {
        x: { shape: [rows, columns], scale: 2 },
        weight: { shape: [columns] },
        bias: { shape: [columns] },
      },
      // Two numbers normalise to ±1 whatever they are: with a small epsilon dx is all cancellation.
      build: (graph, { x, weight, bias }) => layerNorm(graph, x!, weight!, bias!, columns === 2 ? 0.5 : 1e-5),
      tolerance: tolerance.rows,
    });
  });

  it.each([1, 31, 64])('adds the gradient of a residual connection, on rows of %i', async (columns) => {
    await checkOperation({
      inputs: { x: { shape: [7, columns] }, weight: { shape: [columns] }, bias: { shape: [columns] } },
      build: (graph, { x, weight, bias }) => add(graph, x!, layerNorm(graph, x!, weight!, bias!, 1e-5)),
      tolerance: tolerance.rows,
    });
  });

  it('leaves out weight and bias where they are null', async () => {
    await checkOperation({
      inputs: { x: { shape: [5, 37] } },
      build: (graph, { x }) => layerNorm(graph, x!, null, null, 1e-5),
      tolerance: tolerance.rows,
    });
  });

  it('keeps its digits on rows far from zero', async () => {
    const data = Float32Array.from({ length: 4 * 65 }, (_, i) => 1000 + Math.fround(Math.sin(i)));
    await checkOperation({
      inputs: { x: { shape: [4, 65], data } },
      build: (graph, { x }) => layerNorm(graph, x!, null, null, 1e-5),
      tolerance: 2e-4, // x itself carries 1000 · 2^-24 of rounding in its mean, against a spread of 0.7
      finiteDifferences: false,
    });
  });

  it.each(laneCases)('agrees with float64 with $lanes on rows of $columns', async ({ lanes, columns }) => {
    await checkOperation({
      inputs: { x: { shape: [7, columns] }, weight: { shape: [columns] }, bias: { shape: [columns] } },
      build: (graph, { x, weight, bias }) => layerNorm(graph, x!, weight!, bias!, 1e-5),
      tolerance: tolerance.rows,
      choices: laneChoices(['layer-norm-forward', 'layer-norm-backward'], 7, columns, lanes),
    });
  });

  it('refuses a weight of another width', () => {
    const graph = new Graph();
    const x = graph.input('x', [2, 3]);
    expect(() => layerNorm(graph, x, graph.input('w', [4]), null, 1e-5)).toThrow(
      'layerNorm: weight has the wrong shape, got (4), expected (3)',
    );
  });
});
