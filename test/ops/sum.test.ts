import { describe, it } from 'vitest';
import { sumVariants } from '../../src/ops/ordered-sum.ts';
import { mean, sum } from '../../src/ops/sum.ts';
import { checkOperation, tolerance } from './harness.ts';

const sizes = [1, 2, 3, 31, 33, 63, 65, 257, 1023, 1025, 1028, 10_007, 100_012];

describe.each(Object.keys(sumVariants))('sum, %s', (variant) => {
  it.each(sizes)('adds %i numbers', async (n) => {
    await checkOperation({
      inputs: { x: { shape: [n] } },
      build: (graph, { x }) => sum(graph, x!),
      tolerance: tolerance.rows,
      choices: { [`sum:${n}`]: variant },
      finiteDifferences: n < 100_000,
    });
  });
});

describe('mean', () => {
  it.each([
    [1, 1],
    [3, 5],
    [31, 67],
  ])('averages a (%i, %i) matrix', async (rows, columns) => {
    await checkOperation({
      inputs: { x: { shape: [rows, columns] } },
      build: (graph, { x }) => mean(graph, x!),
      tolerance: tolerance.rows,
    });
  });
});
