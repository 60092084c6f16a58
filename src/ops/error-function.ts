/** The complementary error function in float64, for references: JavaScript has none. */

/**
 * erfc(x) = 1 − erf(x), to about 1e-15 relative. Near zero by the all-positive series
 * erf(x) = 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!! (Abramowitz & Stegun 7.1.6), beyond by the continued fraction
 * erfc(x) = exp(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))) (7.1.14), evaluated from its tail.
 */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  const scale = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x < 2) {
    let term = x;
    let series = 0;
    for (let n = 0; term > 1e-20 && n < 200; n++) {
      series += term;
      term *= (2 * x * x) / (2 * n + 3);
    }
    return 1 - 2 * scale * series;
  }
  let fraction = x;
  for (let k = 120; k >= 1; k--) fraction = x + k / 2 / fraction;
  return scale / fraction;
}
