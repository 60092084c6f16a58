import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { adamw8bit } from '../../src/ops/adamw-8bit.ts';
import { adamwScalars, type AdamWAttributes } from '../../src/ops/adamw.ts';
import { globalNorm } from '../../src/ops/global-norm.ts';
import {
  blockSize,
  decodeMoments,
  decodeSmall,
  encodeMoments,
  encodeNearest,
  mantissaBits,
} from '../../src/ops/small-float.ts';
import { expectClose, seededNormal } from './harness.ts';
import { runOnBoth } from './run-graph.ts';

const attributes: AdamWAttributes = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.3,
  decayEnd: 8,
  maxGradNorm: 0.5,
};

/** One step over n elements whose moments have the magnitudes of a training: several decades. */
async function oneStep(n: number, clip: boolean, step = 5) {
  const random = seededNormal(n);
  const wide = () => random() * 10 ** random();
  const first = encodeMoments('first', Float32Array.from({ length: n }, wide));
  const second = encodeMoments(
    'second',
    Float32Array.from({ length: n }, () => wide() ** 2),
  );
  const scales = first.scales.length;
  const graph = new Graph();
  const gradients = graph.input('gradients', [n]);
  const tensors = {
    parameters: graph.variable('parameters', [n]),
    gradients,
    firstMoment: graph.variable('firstMoment', [n / 4], 'u32'),
    secondMoment: graph.variable('secondMoment', [n / 4], 'u32'),
    scales: graph.variable('scales', [2, scales]),
    scalars: graph.input('scalars', [4]),
    norm: globalNorm(graph, [gradients]),
  };
  const updated = adamw8bit(graph, tensors, { ...attributes, maxGradNorm: clip ? 0.5 : null });
  const words = ({ codes }: { codes: Uint8Array<ArrayBuffer> }) => new Uint32Array(codes.buffer);
  const variables = {
    parameters: Float32Array.from({ length: n }, random),
    firstMoment: words(first),
    secondMoment: words(second),
    scales: Float32Array.of(...first.scales, ...second.scales),
  };
  const inputs = {
    gradients: Float32Array.from({ length: n }, wide),
    scalars: adamwScalars(0.1, [0.9, 0.999], step),
  };
  return runOnBoth(graph, variables, [inputs], updated);
}

/** Decoded values of words of codes, relative to their scale. */
function relative(words: ArrayLike<number>, kind: 'first' | 'second'): number[] {
  return [...new Uint8Array(Uint32Array.from(words).buffer)].map((code) =>
    kind === 'second'
      ? decodeSmall(code, mantissaBits.second)
      : decodeSmall(code & 127, mantissaBits.first) * (code > 127 ? -1 : 1),
  );
}

describe('adamw8bit', () => {
  it.each([4, 12, 64, 252, 256, 260, 1028, 65_600])(
    'computes in f32 and rounds each moment to a neighbour, on %i elements',
    async (n) => {
      const [p, first, second, scales] = await oneStep(n, n % 8 === 4);
      expectClose(p!.actual, p!.expected, 1e-6, 'parameters');
      expectClose(scales!.actual, scales!.expected, 1e-6, 'scales');
      for (const [kind, words] of [
        ['first', first!],
        ['second', second!],
      ] as const) {
        const expected = relative(words.expected, kind);
        // The reference is the nearest code; chance may take the one on the other side of the value.
        const step = 1.01 * 2 ** -mantissaBits[kind];
        relative(words.actual, kind).forEach((value, i) => {
          const room = Math.max(Math.abs(expected[i]!), 2 ** -13) * step;
          expect(Math.abs(value - expected[i]!), `${kind} moment ${i}`).toBeLessThanOrEqual(room);
        });
      }
    },
  );

  it('rounds without bias, and never to a zero root of the second moment', async () => {
    const [, first, second] = await oneStep(65_600, false);
    const bias = (
      words: { actual: ArrayLike<number>; expected: ArrayLike<number> },
      kind: 'first' | 'second',
    ) => {
      const [actual, expected] = [relative(words.actual, kind), relative(words.expected, kind)];
      const sum = (values: number[]) => values.reduce((a, b) => a + Math.abs(b), 0);
      return sum(actual) / sum(expected) - 1;
    };
    // 65,600 roundings of at most 6 %: their mean is known to 0.02 %; rounding down would show as 3 %.
    expect(Math.abs(bias(first!, 'first'))).toBeLessThan(2e-3);
    expect(Math.abs(bias(second!, 'second'))).toBeLessThan(2e-3);
    expect(relative(second!.actual, 'second').filter((root) => root === 0)).toEqual([]);
  });

  it('gives the same bits for the same step, and others for another', async () => {
    const codes = async (step: number) => [...Array.from((await oneStep(1028, true, step))[1]!.actual)];
    expect(await codes(7)).toEqual(await codes(7));
    expect(await codes(8)).not.toEqual(await codes(7));
  });
});

describe('small floats', () => {
  it.each([3, 4])('encode what they decode, with %i bits of mantissa, and ascend', (mantissa) => {
    const codes = Array.from({ length: (15 << mantissa) + 1 }, (_, code) => code);
    const values = codes.map((code) => decodeSmall(code, mantissa));
    expect(values.map((value) => encodeNearest(value, mantissa))).toEqual(codes);
    expect(values.at(-1)).toBe(1);
    expect(values.every((value, i) => i === 0 || value > values[i - 1]!)).toBe(true);
    // Between two codes the nearer one is taken.
    codes.slice(1).forEach((code) => {
      const below = values[code - 1]!;
      const gap = values[code]! - below;
      expect(encodeNearest(below + 0.4 * gap, mantissa)).toBe(code - 1);
      expect(encodeNearest(below + 0.6 * gap, mantissa)).toBe(code);
    });
  });

  it.each(['first', 'second'] as const)('give back the same bits of the %s moment after decoding', (kind) => {
    const random = seededNormal(3);
    const n = 3 * blockSize + 64;
    const moments = Float32Array.from({ length: n }, () => {
      const value = random() * 10 ** (3 * random());
      return kind === 'second' ? value * value : value;
    });
    moments.fill(0, 10, 20);
    const once = encodeMoments(kind, moments);
    const again = encodeMoments(kind, decodeMoments(kind, once));
    expect(again.codes).toEqual(once.codes);
    expect(again.scales).toEqual(once.scales);
  });
});
