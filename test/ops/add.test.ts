import { describe, it } from 'vitest';
import { add } from '../../src/ops/add.ts';
import { checkOperation, tolerance } from './harness.ts';

describe('add', () => {
  it.each([1, 2, 3, 31, 33, 64, 65, 1009])('agrees with float64 at %i elements', async (n) => {
    await checkOperation({
      inputs: { a: { shape: [n] }, b: { shape: [n] } },
      build: (graph, { a, b }) => add(graph, a!, b!),
      tolerance: tolerance.elementwise,
    });
  });
});
