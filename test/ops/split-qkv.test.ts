import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import { rotary } from '../../src/ops/rotary.ts';
import { splitQkv } from '../../src/ops/split-qkv.ts';
import { checkOperation, tolerance } from './harness.ts';
import { independentLaneCases, laneChoices } from './sizes.ts';

// batch, time, heads, head size, rotated dimensions
const sizes = [
  [1, 1, 1, 1, 0],
  [1, 2, 1, 2, 2],
  [2, 3, 3, 5, 2],
  [1, 31, 2, 8, 2],
  [2, 17, 4, 24, 6],
  [1, 33, 2, 63, 62],
  [3, 5, 1, 65, 64],
  [2, 7, 3, 32, 8],
  [1, 4, 2, 64, 64],
] as const;

describe.each(['per-head', 'thirds'] as const)('splitQkv, %s', (layout) => {
  it.each(sizes)(
    'batch %i, time %i, %i heads of %i, %i rotated',
    async (batch, time, heads, headSize, rotaryDimensions) => {
      await checkOperation({
        inputs: { qkv: { shape: [batch * time, 3 * heads * headSize] } },
        build: (graph, { qkv }) =>
          splitQkv(graph, qkv!, {
            batch,
            time,
            heads,
            headSize,
            layout,
            rotaryDimensions,
            rotaryBase: 10_000,
          }),
        tolerance: tolerance.elementwise,
      });
    },
  );

  it.each(independentLaneCases)(
    'agrees with float64 with $lanes on heads of $columns',
    async ({ lanes, columns }) => {
      const options = { batch: 1, time: 3, heads: 2, headSize: columns, layout, rotaryBase: 100 };
      await checkOperation({
        inputs: { qkv: { shape: [3, 6 * columns] } },
        build: (graph, { qkv }) => splitQkv(graph, qkv!, { ...options, rotaryDimensions: 64 }),
        tolerance: tolerance.elementwise,
        choices: laneChoices(['split-qkv-forward', 'split-qkv-backward'], 6, columns, lanes),
      });
    },
  );

  it('differentiates where only one of the three is used', async () => {
    const options = {
      batch: 1,
      time: 3,
      heads: 2,
      headSize: 4,
      layout,
      rotaryDimensions: 2,
      rotaryBase: 100,
    };
    await checkOperation({
      inputs: { qkv: { shape: [3, 24] } },
      build: (graph, { qkv }) => splitQkv(graph, qkv!, options)[1],
      tolerance: tolerance.elementwise,
    });
  });
});

describe('splitQkv', () => {
  it('finds q, k and v where each layout has them', () => {
    const qkv = Float64Array.from({ length: 12 }, (_, i) => i);
    const split = (layout: 'per-head' | 'thirds') => {
      const graph = new Graph();
      const options = {
        batch: 1,
        time: 1,
        heads: 2,
        headSize: 2,
        layout,
        rotaryDimensions: 0,
        rotaryBase: 1,
      };
      const parts = splitQkv(graph, graph.input('qkv', [1, 12]), options);
      const interpreter = new Interpreter(graph);
      interpreter.run({ qkv });
      return parts.map((part) => [...interpreter.read(part)]);
    };
    expect(split('per-head')).toEqual([
      [0, 1, 6, 7],
      [2, 3, 8, 9],
      [4, 5, 10, 11],
    ]);
    expect(split('thirds')).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
  });

  it('refuses a rotation that is odd or larger than the head', () => {
    const graph = new Graph();
    const qkv = graph.input('qkv', [1, 12]);
    const options = { batch: 1, time: 1, heads: 1, headSize: 4, layout: 'thirds', rotaryBase: 10 } as const;
    expect(() => splitQkv(graph, qkv, { ...options, rotaryDimensions: 3 })).toThrow(
      'rotaryDimensions does not fit, got 3',
    );
    expect(() => splitQkv(graph, qkv, { ...options, rotaryDimensions: 6 })).toThrow(
      'expected an even number from 0 to 4',
    );
  });
});

describe('rotary', () => {
  it.each(sizes)(
    'batch %i, time %i, %i heads of %i, %i rotated',
    async (batch, time, heads, headSize, rotaryDimensions) => {
      await checkOperation({
        inputs: { x: { shape: [batch, time, heads, headSize] } },
        build: (graph, { x }) => rotary(graph, x!, { rotaryDimensions, rotaryBase: 500_000 }),
        tolerance: tolerance.elementwise,
      });
    },
  );

  it.each(independentLaneCases)(
    'agrees with float64 with $lanes on heads of $columns',
    async ({ lanes, columns }) => {
      await checkOperation({
        inputs: { x: { shape: [2, 3, 2, columns] } },
        build: (graph, { x }) => rotary(graph, x!, { rotaryDimensions: 64, rotaryBase: 500_000 }),
        tolerance: tolerance.elementwise,
        choices: laneChoices(['rotary'], 12, columns, lanes),
      });
    },
  );

  it('turns pair i of position t by t · base^(−2i/dimensions)', () => {
    const graph = new Graph();
    const y = rotary(graph, graph.input('x', [1, 3, 1, 4]), { rotaryDimensions: 4, rotaryBase: 100 });
    const interpreter = new Interpreter(graph);
    interpreter.run({ x: Float64Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0) });
    const expected = [Math.cos(2), Math.cos(0.2), Math.sin(2), Math.sin(0.2)];
    [...interpreter.read(y)]
      .slice(8)
      .forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
  });

  it('turns pairs by the frequencies given, and refuses as many as there are not', () => {
    const graph = new Graph();
    const x = graph.input('x', [1, 3, 1, 4]);
    const options = { rotaryDimensions: 4, rotaryBase: 100 };
    const y = rotary(graph, x, { ...options, rotaryFrequencies: [0.5, 0.25] });
    const interpreter = new Interpreter(graph);
    interpreter.run({ x: Float64Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0) });
    const expected = [Math.cos(1), Math.cos(0.5), Math.sin(1), Math.sin(0.5)];
    [...interpreter.read(y)]
      .slice(8)
      .forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
    expect(() => rotary(graph, x, { ...options, rotaryFrequencies: [1] })).toThrow(
      'rotary: rotaryFrequencies do not fit, got 1, expected 2',
    );
  });
});
