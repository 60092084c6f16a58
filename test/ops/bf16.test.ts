import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { bf16Bits, bf16Value, roundToBf16, widenBf16 } from '../../src/graph/bf16.ts';
import { fromBf16, toBf16 } from '../../src/ops/bf16.ts';
import { seededNormal } from './harness.ts';
import { runOnBoth } from './run-graph.ts';
import { elementCounts } from './sizes.ts';

/** Values as they come back from bf16. */
async function roundTrip(values: Float32Array) {
  const graph = new Graph();
  const packed = toBf16(graph, graph.input('x', [values.length]));
  return runOnBoth(graph, {}, [{ x: values }], [packed, fromBf16(graph, packed)]);
}

describe('bf16', () => {
  it.each(elementCounts)('packs and unpacks %i elements as the reference does, bit by bit', async (n) => {
    const random = seededNormal(n);
    const values = Float32Array.from({ length: n }, () => random() * 10 ** (8 * random()));
    const [packed, unpacked] = await roundTrip(values);
    expect(Array.from(packed!.actual)).toEqual(Array.from(packed!.expected));
    expect(Array.from(unpacked!.actual)).toEqual(Array.from(unpacked!.expected));
    // 8 bits of significand: half a unit in the last place is 2⁻⁹ at most.
    Array.from(unpacked!.actual).forEach((value, i) =>
      expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(Math.abs(values[i]!) * 2 ** -8),
    );
  });

  it('keeps every NaN one, whatever its bits, and infinities infinite', async () => {
    const bits = Uint32Array.of(0x7fffffff, 0xffffffff, 0x7fc00000, 0x7f800001, 0x7f800000, 0xff800000);
    const [, unpacked] = await roundTrip(new Float32Array(bits.buffer));
    expect([...(unpacked!.actual as Float32Array)]).toEqual([NaN, NaN, NaN, NaN, Infinity, -Infinity]);
  });

  it('is the same on the host, in whole words', () => {
    const values = Float32Array.of(1 / 3, -2e-40, 7e30, 0.1, -5);
    const halves = roundToBf16(values);
    expect([halves.length, halves[5]]).toEqual([6, 0]);
    const rounded = [...values].map((value) => bf16Value(bf16Bits(value)));
    expect([...widenBf16(halves)]).toEqual([...rounded, 0]);
  });

  it('refuses another type', () => {
    const graph = new Graph();
    expect(() => toBf16(graph, graph.input('n', [2], 'i32'))).toThrow('got i32, expected f32');
    expect(() => fromBf16(graph, graph.input('x', [2]))).toThrow('got f32, expected bf16');
  });

  it('rounds halves to even, and carries into the exponent', () => {
    const cases = [
      [1, 0x3f80],
      [-2, 0xc000],
      [1 + 2 ** -8, 0x3f80], // half way, even below
      [1 + 3 * 2 ** -8, 0x3f82], // half way, even above
      [1 + 2 ** -8 + 2 ** -20, 0x3f81],
      [2 - 2 ** -10, 0x4000],
      [0, 0],
      [Infinity, 0x7f80],
    ] as const;
    for (const [value, bits] of cases) expect(bf16Bits(value), String(value)).toBe(bits);
    expect(bf16Value(bf16Bits(NaN))).toBeNaN();
  });
});
