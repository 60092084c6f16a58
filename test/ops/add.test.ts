import { describe, it } from 'vitest';
import { add } from '../../src/ops/add.ts';
import { checkOperation, tolerance } from './harness.ts';
import { elementCounts } from './sizes.ts';

describe('add', () => {
  it.each(elementCounts)('agrees with float64 at %i elements', async (n) => {
    await checkOperation({
      inputs: { a: { shape: [n] }, b: { shape: [n] } },
      build: (graph, { a, b }) => add(graph, a!, b!),
      tolerance: tolerance.elementwise,
    });
  });
});
