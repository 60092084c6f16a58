import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { logProbabilities } from '../../src/ops/log-probabilities.ts';
import { expectClose, seededNormal, tolerance } from './harness.ts';
import { runOnBoth } from './run-graph.ts';
import { laneCases, laneChoices } from './sizes.ts';

async function check(
  logits: Float32Array,
  columns: number,
  targets: Int32Array,
  lanes = 'lanes1',
): Promise<number[]> {
  const graph = new Graph();
  const rows = targets.length;
  const y = logProbabilities(
    graph,
    graph.input('logits', [rows, columns]),
    graph.input('targets', [rows], 'i32'),
  );
  const [result] = await runOnBoth(
    graph,
    {},
    [{ logits, targets }],
    [y],
    laneChoices(['log-probabilities'], rows, columns, lanes),
  );
  expectClose(result!.actual, result!.expected, tolerance.rows, 'log probabilities');
  return Array.from(result!.actual);
}

describe('logProbabilities', () => {
  it.each([
    [1, 1],
    [2, 3],
    [31, 33],
    [65, 64],
    [7, 1009],
    [2, 5003],
  ])('scores %i rows of %i classes', async (rows, columns) => {
    const random = seededNormal(rows);
    const logits = Float32Array.from({ length: rows * columns }, () => 3 * random());
    await check(
      logits,
      columns,
      Int32Array.from({ length: rows }, (_, i) => (i * 11) % columns),
    );
  });

  it.each(laneCases)('agrees with float64 with $lanes on $columns classes', async ({ lanes, columns }) => {
    const random = seededNormal(columns);
    const logits = Float32Array.from({ length: 9 * columns }, random);
    await check(
      logits,
      columns,
      Int32Array.from({ length: 9 }, (_, i) => (i * 31) % columns),
      lanes,
    );
  });

  it('says whether the target is the first of the largest', async () => {
    const scores = await check(Float32Array.of(1, 3, 3, 1, 3, 3), 3, Int32Array.of(1, 2));
    expect([scores[1], scores[3]]).toEqual([1, 0]);
  });

  it('gives ignored rows zeros and keeps impossible targets finite', async () => {
    const scores = await check(Float32Array.of(1, 2, 3, 200, -200, 0), 3, Int32Array.of(-100, 1));
    expect(scores).toEqual([0, 0, -400, 0]);
  });
});
