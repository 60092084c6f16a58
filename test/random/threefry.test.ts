/** Threefry2x32-20 against the known answers of Random123 (kat_vectors), and the streams made of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../src/random/random-stream.ts';
import { threefry2x32 } from '../../src/random/threefry.ts';

describe('threefry2x32', () => {
  it.each([
    { counter: [0, 0], key: [0, 0], answer: [0x6b200159, 0x99ba4efe] },
    { counter: [0xffffffff, 0xffffffff], key: [0xffffffff, 0xffffffff], answer: [0x1cb996fc, 0xbb002be7] },
    { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], answer: [0xc4923a9c, 0x483df7a0] },
  ] as const)('gives the published answer for counter $counter', ({ counter, key, answer }) => {
    expect(threefry2x32(key, counter)).toEqual(answer);
  });
});

describe('RandomStream', () => {
  it('depends on the seed and on the whole name', () => {
    const names = ['', 'a', 'b', 'a\0', 'windows of epoch 1', 'windows of epoch 10', 'windows of epoch 11'];
    const seeds = [0, 1, -1, 2 ** 32, 2 ** 40 + 1];
    const first = seeds.flatMap((seed) => names.map((name) => new RandomStream(seed, name).bits(0).join()));
    expect(new Set(first).size).toBe(first.length);
    expect(new RandomStream(7, 'a').bits(3)).toEqual(new RandomStream(7, 'a').bits(3));
  });

  it('tells large indices apart', () => {
    const stream = new RandomStream(0, 'x');
    expect(stream.bits(2 ** 32)).not.toEqual(stream.bits(0));
    expect(stream.bits(2 ** 33 + 5)).not.toEqual(stream.bits(5));
  });

  it('draws uniformly: mean and variance of 20,000 draws', () => {
    const stream = new RandomStream(1, 'uniform');
    const draws = Array.from({ length: 20_000 }, (_, i) => stream.uniform(i));
    expect(draws.every((x) => x >= 0 && x < 1)).toBe(true);
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    // Four standard errors of either estimate.
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / draws.length));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / draws.length));
  });

  it('draws every integer below a bound about equally often', () => {
    const stream = new RandomStream(2, 'integers');
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 14_000; i++) counts[stream.integerBelow(7, i)]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    // 6 degrees of freedom: 22.5 is passed once in a thousand.
    expect(chiSquare).toBeLessThan(22.5);
  });

  it('permutes: every index once, by either way', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.integer(), (count, seed) => {
        const stream = new RandomStream(seed, 'permutation');
        const all = Array.from({ length: count }, (_, i) => i);
        expect([...stream.permutation(count)].sort((a, b) => a - b)).toEqual(all);
        expect(all.map((i) => stream.permute(i, count)).sort((a, b) => a - b)).toEqual(all);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('sends the first index of a permutation everywhere about equally often', () => {
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 5000; seed++) counts[new RandomStream(seed, 'p').permute(0, 10)]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
    // 9 degrees of freedom: 27.9 is passed once in a thousand.
    expect(chiSquare).toBeLessThan(27.9);
  });

  it.each([
    () => new RandomStream(0.5, 'x'),
    () => new RandomStream(0, 'x').integerBelow(0, 0),
    () => new RandomStream(0, 'x').permute(5, 5),
    () => new RandomStream(0, 'x').permute(-1, 5),
  ])('refuses what it cannot draw (%#)', (draw) => {
    expect(draw).toThrow(RangeError);
  });
});
