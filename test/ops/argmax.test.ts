import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { argmax } from '../../src/ops/argmax.ts';
import { seededNormal } from './harness.ts';
import { runOnBoth } from './run-graph.ts';
import { laneCases, laneChoices } from './sizes.ts';

async function check(x: Float32Array, shape: [number, number], lanes = 'lanes1'): Promise<number[]> {
  const graph = new Graph();
  const best = argmax(graph, graph.input('x', shape));
  const [result] = await runOnBoth(graph, {}, [{ x }], [best], laneChoices(['argmax'], ...shape, lanes));
  expect(Array.from(result!.actual)).toEqual(Array.from(result!.expected));
  return Array.from(result!.actual);
}

describe('argmax', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 31],
    [65, 33],
    [33, 127],
    [3, 1009],
    [2, 5003],
  ])('finds the largest of each of %i rows of %i', async (rows, columns) => {
    const random = seededNormal(columns);
    await check(Float32Array.from({ length: rows * columns }, random), [rows, columns]);
  });

  it.each(laneCases)('agrees with float64 with $lanes on rows of $columns', async ({ lanes, columns }) => {
    const random = seededNormal(columns);
    await check(Float32Array.from({ length: 9 * columns }, random), [9, columns], lanes);
  });

  it.each(['lanes1', 'lanes16'])('takes the first of equals with %s, wherever they are', async (lanes) => {
    const x = new Float32Array(3 * 600).fill(-5);
    for (const at of [599, 17, 300]) x[at] = 2;
    expect(await check(x, [3, 600], lanes)).toEqual([17, 0, 0]);
  });

  it('finds values far below zero', async () => {
    expect(await check(Float32Array.of(-1e30, -1e29, -1e31), [1, 3])).toEqual([1]);
  });
});
