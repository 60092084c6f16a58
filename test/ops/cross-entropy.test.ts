import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { lowerGraph, portableLimits } from '../../src/graph/lowering.ts';
import { add } from '../../src/ops/add.ts';
import { crossEntropy } from '../../src/ops/cross-entropy.ts';
import { geluTanh } from '../../src/ops/gelu.ts';
import { sum } from '../../src/ops/sum.ts';
import { checkOperation, tolerance } from './harness.ts';
import { laneCases, laneChoices } from './sizes.ts';

/** Logits made by a node, as in a model: the gradient then lands in an intermediate. */
function check(
  rows: number,
  columns: number,
  targets: number[],
  options: { data?: number[]; scale?: number; lanes?: string } = {},
) {
  const weights = Array.from({ length: rows }, (_, i) => 0.25 + (i % 3));
  const kernels = ['cross-entropy-forward', 'cross-entropy-backward'];
  return checkOperation({
    inputs: {
      x: { shape: [rows, columns], scale: options.scale ?? 3, data: options.data },
      weights: { shape: [rows], data: weights, constant: true },
    },
    indices: { targets: { shape: [rows], data: Int32Array.from(targets) } },
    build: (graph, { x, weights, targets }) => crossEntropy(graph, add(graph, x!, x!), targets!, weights!),
    tolerance: tolerance.rows,
    choices: options.lanes ? laneChoices(kernels, rows, columns, options.lanes) : undefined,
    finiteDifferences: options.data === undefined,
  });
}

const spread = (rows: number, columns: number) => Array.from({ length: rows }, (_, i) => (i * 7) % columns);

describe('crossEntropy', () => {
  it.each([
    [1, 2],
    [2, 3],
    [3, 31],
    [33, 33],
    [5, 36],
    [31, 64],
    [65, 63],
    [7, 1009],
    [2, 5003],
  ])('agrees with float64 on %i rows of %i classes', async (rows, columns) => {
    await check(rows, columns, spread(rows, columns));
  });

  it.each(laneCases)('agrees with float64 with $lanes on $columns classes', async ({ lanes, columns }) => {
    await check(9, columns, spread(9, columns), { lanes });
  });

  it('gives ignored rows no loss and no gradient', async () => {
    await check(5, 7, [-100, 3, -1, 6, -100]);
  });

  it('stays exact where probabilities underflow', async () => {
    await check(2, 3, [0, 2], { data: [-200, 200, 0, 1e4, -1e4, -1e4] });
  });

  it('counts a target past the vocabulary as the last class and reads nothing outside', async () => {
    await check(2, 5, [4, 2_000_000_000]);
  });

  it('has loss 0 and gradient 0 where there is one class', async () => {
    await checkOperation({
      inputs: { x: { shape: [3, 1] }, weights: { shape: [3], constant: true } },
      indices: { targets: { shape: [3], data: Int32Array.of(0, 0, -100) } },
      build: (graph, { x, weights, targets }) => crossEntropy(graph, x!, targets!, weights!),
      tolerance: tolerance.rows,
    });
  });

  it('refuses a graph that reads the logits after their gradient has taken their place', () => {
    const graph = new Graph();
    const x = graph.input('x', [2, 3]);
    const losses = crossEntropy(graph, x, graph.input('targets', [2], 'i32'), graph.input('weights', [2]));
    gradients(graph, sum(graph, losses), [x], add);
    geluTanh(graph, x);
    expect(() => lowerGraph(graph, portableLimits)).toThrow(
      'geluTanh: reads x after crossEntropyBackward overwrote it',
    );
  });

  it('refuses targets of another length or type', () => {
    const graph = new Graph();
    const x = graph.input('x', [2, 3]);
    const weights = graph.input('weights', [2]);
    expect(() => crossEntropy(graph, x, graph.input('long', [3], 'i32'), weights)).toThrow(
      'crossEntropy: targets has the wrong shape',
    );
    expect(() => crossEntropy(graph, x, graph.input('real', [2]), weights)).toThrow(
      'targets has the wrong type, got f32',
    );
  });
});
