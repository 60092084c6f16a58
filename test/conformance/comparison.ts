/** How far numbers are from the ones expected. */

export interface Check {
  readonly name: string;
  /** Largest absolute difference of one number. */
  readonly absolute: number;
  /** In the check's own measure: relative L2 of a tensor, or the largest relative difference of one number. */
  readonly relative: number;
  readonly tolerance: number;
}

/** NaN fails: it is not below anything. */
export function passes({ relative, tolerance }: Check): boolean {
  return relative <= tolerance;
}

export function formatCheck(check: Check): string {
  const { name, absolute, relative, tolerance } = check;
  const number = (value: number) => value.toExponential(1).padStart(8);
  const verdict = passes(check) ? 'ok' : 'OVER';
  return `  ${name.padEnd(64)} abs ${number(absolute)}  rel ${number(relative)}  tolerance ${number(tolerance)}  ${verdict}`;
}

export interface Difference {
  readonly absolute: number;
  /** L2 norms. */
  readonly norm: number;
  readonly expectedNorm: number;
}

/** Compares element by element; elements for which `ignored` is true do not count. */
export function difference(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  ignored: (index: number) => boolean = () => false,
): Difference {
  if (actual.length !== expected.length) {
    throw new RangeError(
      `${what}: golden file has ${expected.length} numbers, the model has ${actual.length}`,
    );
  }
  let absolute = 0;
  let squares = 0;
  let expectedSquares = 0;
  for (let i = 0; i < expected.length; i++) {
    expectedSquares += expected[i]! ** 2;
    if (ignored(i)) continue;
    const error = Math.abs(actual[i]! - expected[i]!);
    // Written so that NaN becomes and stays the largest.
    if (!(error <= absolute)) absolute = error;
    squares += error ** 2;
  }
  return { absolute, norm: Math.sqrt(squares), expectedNorm: Math.sqrt(expectedSquares) };
}

/** The check that is furthest over (or least under) its tolerance; NaN is the worst of all. */
export function worst(checks: readonly Check[]): Check {
  const excess = ({ relative, tolerance }: Check): number => relative / tolerance;
  return checks.reduce((a, b) => (excess(b) <= excess(a) || Number.isNaN(excess(a)) ? a : b));
}
