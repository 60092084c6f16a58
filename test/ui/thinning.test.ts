/** Min/max thinning keeps what an eye must not miss. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thin } from '../../src/ui/thinning.ts';

const series = (values: readonly number[]) => values.map((y, x) => ({ x, y }));

describe('thin', () => {
  it('returns a short series as it is', () => {
    const points = series([3, 1, 2]);
    expect(thin(points, 2)).toBe(points);
  });

  it('keeps order, both ends, the bound on size, and the global extremes of any long series', () => {
    const inner = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), {
      minLength: 300,
      maxLength: 999,
    });
    fc.assert(
      fc.property(inner, fc.integer({ min: 2, max: 60 }), (values, buckets) => {
        const points = series(values);
        const kept = thin(points, buckets);
        expect(kept.length).toBeLessThanOrEqual(2 * buckets);
        expect(kept[0]).toBe(points[0]);
        expect(kept.at(-1)).toBe(points.at(-1));
        expect(kept.every((point, index) => index === 0 || point.x >= kept[index - 1]!.x)).toBe(true);
        const middle = values.slice(
          Math.ceil(values.length / buckets),
          -Math.ceil(values.length / buckets) || undefined,
        );
        const shown = kept.map((point) => point.y);
        if (middle.length > 0) expect(Math.max(...shown)).toBeGreaterThanOrEqual(Math.max(...middle));
        if (middle.length > 0) expect(Math.min(...shown)).toBeLessThanOrEqual(Math.min(...middle));
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it('keeps a single spike among ten thousand points, and a NaN', () => {
    const values = Array.from({ length: 10_000 }, (_, step) => 5 - step / 10_000);
    values[6321] = 99;
    values[2222] = NaN;
    const shown = thin(series(values), 100).map((point) => point.y);
    expect(shown).toContain(99);
    expect(shown.some(Number.isNaN)).toBe(true);
  });

  it('refuses to thin to nothing', () => {
    expect(() => thin(series([1, 2, 3]), 0)).toThrow(/got 0, expected at least 1/);
  });
});
