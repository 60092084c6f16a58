import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thinned } from '../../src/figures/thinning.ts';

const identity = (value: number): number => value;

describe('thinned', () => {
  it('keeps ends, extremes and order, and at most two values per bucket besides the ends', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -9, max: 9 }), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 40 }),
        (values, buckets) => {
          const indexed = values.map((height, index) => ({ height, index }));
          const kept = thinned(indexed, (each) => each.height, buckets);
          expect(kept[0]).toBe(indexed[0]);
          expect(kept.at(-1)).toBe(indexed.at(-1));
          expect(kept.length).toBeLessThanOrEqual(2 * buckets + 2);
          expect(Math.max(...kept.map((each) => each.height))).toBe(Math.max(...values));
          expect(Math.min(...kept.map((each) => each.height))).toBe(Math.min(...values));
          expect(kept.every((each, at) => at === 0 || each.index > kept[at - 1]!.index)).toBe(true);
        },
      ),
      { seed: 2 },
    );
  });

  it('keeps a value that is not finite', () => {
    const values = Array.from({ length: 100 }, (_, index) => (index === 50 ? NaN : index));
    expect(thinned(values, identity, 5).some(Number.isNaN)).toBe(true);
  });

  it('refuses no buckets', () => {
    expect(() => thinned([1], identity, 0)).toThrow(RangeError);
  });
});
