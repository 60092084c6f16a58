/** Numbers for readers: real minus signs, grouped digits, and no more digits than their interval supports. */

const MINUS = '\u2212';
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export function formatCount(value: number): string {
  return grouped.format(value).replace('-', MINUS);
}

/** A number with so many decimals; what rounds to zero has no sign. */
export function formatFixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/**
 * Decimals that an uncertainty supports: its half-width shows as 2 to 20 units of the last digit (0.06 → 2 decimals,
 * 0.015 → 3). Where the interval has no width, a score of n items moves in steps of 1/n.
 */
export function supportedDecimals(halfWidth: number, n: number): number {
  const size = halfWidth > 0 ? halfWidth : 1 / n;
  return Math.min(6, Math.max(0, Math.ceil(-Math.log10(size / 2))));
}
