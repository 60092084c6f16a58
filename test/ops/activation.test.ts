import { describe, it } from 'vitest';
import { relu } from '../../src/ops/relu.ts';
import { silu } from '../../src/ops/silu.ts';
import { checkOperation, tolerance } from './harness.ts';
import { elementCounts } from './sizes.ts';

describe.each([
  ['silu', silu],
  ['relu', relu],
] as const)('%s', (_, activation) => {
  it.each(elementCounts)('agrees with float64 at %i elements', async (n) => {
    await checkOperation({
      inputs: { x: { shape: [n], scale: 2 } },
      build: (graph, { x }) => activation(graph, x!),
      tolerance: tolerance.elementwise,
    });
  });

  it('stays finite and right far out, and takes 0 as PyTorch does', async () => {
    const data = [-1e4, -500, -88.8, -60, -20, -0.0, 0, 1e-8, 20, 88.8, 1e4];
    await checkOperation({
      inputs: { x: { shape: [data.length], data } },
      build: (graph, { x }) => activation(graph, x!),
      tolerance: tolerance.elementwise,
      finiteDifferences: false,
    });
  });
});
