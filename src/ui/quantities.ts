/** Quantities in words and figures for people: real minus signs, grouped digits, units, and no more digits than mean something. */

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const MINUS = '\u2212';
const THIN_SPACE = '\u202f';

/** A number with `digits` significant digits, a real minus sign and grouped thousands; `–` where there is none. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return '–';
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : `${MINUS}∞`;
  const size = Math.abs(value);
  return `${value < 0 ? MINUS : ''}${size !== 0 && (size < 1e-3 || size >= 1e12) ? scientific(size, digits) : plain(size, digits)}`;
}

function plain(size: number, digits: number): string {
  if (Number.isInteger(size)) return grouped.format(size);
  return size.toLocaleString('en-US', { maximumSignificantDigits: Math.max(digits, 1) });
}

function scientific(size: number, digits: number): string {
  const [mantissa, exponent] = size.toExponential(Math.max(0, digits - 1)).split('e');
  const power = Number(exponent);
  return `${Number(mantissa)}e${power < 0 ? MINUS : ''}${Math.abs(power)}`;
}

/** A count with grouped digits: `12,340`. */
export function formatCount(value: number): string {
  return `${value < 0 ? MINUS : ''}${grouped.format(Math.abs(value))}`;
}

/** A large count in short: `14.1 M`, `2.1 B`. */
export function formatTokens(count: number): string {
  const units = ['', 'k', 'M', 'B', 'T'];
  let size = count;
  let unit = 0;
  for (; size >= 999.5 && unit < units.length - 1; unit++) size /= 1000;
  if (unit === 0) return formatCount(count);
  return `${size.toFixed(size >= 99.5 ? 0 : 1)}${THIN_SPACE}${units[unit]}`;
}

/** Bytes in decimal units, as storage is sold and as browsers report quota: `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 999.5 && unit < units.length - 1; unit++) size /= 1000;
  const digits = unit === 0 || size >= 99.5 ? 0 : 1;
  return `${size.toFixed(digits)}${THIN_SPACE}${units[unit]}`;
}

/** A duration to two units at most: `8 s`, `2 min 5 s`, `1 h 20 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 10 && seconds % 1 !== 0) return `${seconds.toFixed(1)}${THIN_SPACE}s`;
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  const shown = parts.slice(first < 0 ? 3 : first, (first < 0 ? 3 : first) + 2);
  return shown
    .filter(([amount], index) => index === 0 || amount > 0)
    .map(([amount, unit]) => `${amount}${THIN_SPACE}${unit}`)
    .join(' ');
}

/** Whole percent of `done` in `total`, never 100 before all is done and never 0 after a start. */
export function percent(done: number, total: number): number {
  if (total <= 0 || done >= total) return 100;
  if (done <= 0) return 0;
  return Math.min(99, Math.max(1, Math.round((100 * done) / total)));
}
