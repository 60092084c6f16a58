/** Quantities as people read them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatNumber, percent } from '../../src/ui/quantities.ts';

const space = '\u202f';

describe('formatNumber', () => {
  it('writes a real minus sign, groups thousands and keeps four digits', () => {
    expect([1234567, -1234.5678, 0, -0.12345, 2].map((value) => formatNumber(value))).toEqual([
      '1,234,567',
      '\u22121,235',
      '0',
      '\u22120.1235',
      '2',
    ]);
  });
  it('turns very small and very large numbers to powers of ten', () => {
    expect(formatNumber(0.00012345)).toBe('1.234e\u22124');
    expect(formatNumber(-3e15 / 7)).toBe('\u22124.286e14');
  });
  it('has a sign for what is no number', () => {
    expect([null, undefined, NaN, Infinity, -Infinity].map((value) => formatNumber(value))).toEqual([
      '–',
      '–',
      'NaN',
      '∞',
      '\u2212∞',
    ]);
  });
});

describe('formatBytes', () => {
  it('steps units at the thousand, without ever showing 1000 of one', () => {
    expect([0, 999, 1000, 999_499, 999_600, 1_234_567, 16_777_216_000].map(formatBytes)).toEqual(
      ['0 B', '999 B', '1.0 kB', '999 kB', '1.0 MB', '1.2 MB', '16.8 GB'].map((text) =>
        text.replace(' ', space),
      ),
    );
  });
});

describe('formatDuration', () => {
  it('shows at most two units and leaves out an empty second one', () => {
    expect([0, 4.24, 59.6, 125, 3600, 4800, 273_600].map(formatDuration)).toEqual([
      `0${space}s`,
      `4.2${space}s`,
      `1${space}min`,
      `2${space}min 5${space}s`,
      `1${space}h`,
      `1${space}h 20${space}min`,
      `3${space}d 4${space}h`,
    ]);
  });
  it('does not invent a duration for what is none', () => {
    expect([NaN, Infinity, -1].map(formatDuration)).toEqual(['–', '–', '–']);
  });
});

describe('percent', () => {
  it('is 100 only when all is done and 0 only before the start', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.nat(1e6), (total, done) => {
        const value = percent(done, total);
        expect(value === 100).toBe(done >= total);
        expect(value === 0).toBe(done === 0);
      }),
    );
  });
});

it('formatCount groups digits', () => {
  expect([formatCount(12340), formatCount(-12340)]).toEqual(['12,340', '\u221212,340']);
});
