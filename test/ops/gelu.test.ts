import { describe, expect, it } from 'vitest';
import { erfc } from '../../src/ops/error-function.ts';
import { gelu, geluTanh } from '../../src/ops/gelu.ts';
import { checkOperation, tolerance } from './harness.ts';
import { elementCounts } from './sizes.ts';

describe.each([
  ['gelu', gelu],
  ['geluTanh', geluTanh],
] as const)('%s', (_, activation) => {
  it.each(elementCounts)('agrees with float64 at %i elements', async (n) => {
    await checkOperation({
      inputs: { x: { shape: [n], scale: 2 } },
      build: (graph, { x }) => activation(graph, x!),
      tolerance: tolerance.elementwise,
    });
  });

  it('stays finite and right far out', async () => {
    const data = [-1e4, -100, -40, -13.24, -8, -5, -0.0, 0, 1e-8, 5, 13.24, 43.7, 100, 1e4];
    await checkOperation({
      inputs: { x: { shape: [data.length], data } },
      build: (graph, { x }) => activation(graph, x!),
      tolerance: tolerance.elementwise,
      finiteDifferences: false,
    });
  });

  it('keeps relative digits where the result is small', async () => {
    const data = Array.from({ length: 64 }, (_, i) => -2 - i / 32);
    await checkOperation({
      inputs: { x: { shape: [data.length], data } },
      build: (graph, { x }) => activation(graph, x!),
      tolerance: 3e-6, // exp(-z²) near z² = 8 carries z² roundings of its argument
    });
  });
});

describe('erfc', () => {
  it.each([
    [0, 1],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [1.9999, 0.0046798020929706083],
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [5, 1.5374597944280349e-12],
    [-1, 1.8427007929497148],
  ])('of %f is %f', (x, expected) => {
    expect(Math.abs(erfc(x) / expected - 1)).toBeLessThan(1e-13);
  });
});
