/**
 * Eight-bit floats relative to a block's scale, as adamw-8bit.wgsl stores moments: 4 bits of exponent, `mantissa` bits of
 * mantissa, and a sign where one is left. 15 << mantissa is 1.0, so that a block's largest element is its scale exactly,
 * and what was decoded encodes to the same bits.
 */

/** Elements that share a scale. */
export const blockSize = 256;
/** Bits of mantissa of the first moment (with a sign) and of the square root of the second (without). */
export const mantissaBits = { first: 3, second: 4 } as const;

/** The value of a code without sign, in [0, 1]. */
export function decodeSmall(code: number, mantissa: number): number {
  const fraction = (code & ((1 << mantissa) - 1)) / (1 << mantissa);
  const exponent = code >> mantissa;
  return exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
}

/** The code whose value is nearest to `relative`, in [0, 1]. */
export function encodeNearest(relative: number, mantissa: number): number {
  const exponent = Math.max(-14, Math.floor(Math.log2(relative || 1e-30)));
  const steps = Math.round(relative / 2 ** (exponent - mantissa));
  // A subnormal has as many steps as its code says; a normal number's first 1 is implied. A carry goes where it must.
  const code = relative < 2 ** -14 ? steps : ((exponent + 14) << mantissa) + steps;
  return Math.min(15 << mantissa, code);
}

/** Moments of one kind as they lie on the GPU. */
export interface SmallMoments {
  /** One byte an element. */
  readonly codes: Uint8Array;
  /** One a block. */
  readonly scales: Float32Array;
}

/** The moments that codes stand for. `from` is the number of the first element, within the blocks of `scales`. */
export function decodeMoments(
  kind: keyof typeof mantissaBits,
  { codes, scales }: SmallMoments,
  from = 0,
): Float32Array {
  return Float32Array.from(codes, (code, index) => {
    const scale = scales[Math.floor((from + index) / blockSize)]!;
    if (kind === 'second') return Math.fround(decodeSmall(code, mantissaBits.second) * scale) ** 2;
    const magnitude = decodeSmall(code & 127, mantissaBits.first) * scale;
    return code > 127 ? -magnitude : magnitude;
  });
}

/** Moments as codes, rounded to the nearest: exact for what `decodeMoments` gave. */
export function encodeMoments(
  kind: keyof typeof mantissaBits,
  moments: Float32Array,
): SmallMoments & { readonly codes: Uint8Array<ArrayBuffer> } {
  const codes = new Uint8Array(moments.length);
  const scales = new Float32Array(Math.ceil(moments.length / blockSize));
  const kept = (index: number) => {
    const moment = moments[index]!;
    return kind === 'second' ? Math.fround(Math.sqrt(moment)) : moment;
  };
  for (let block = 0; block < scales.length; block++) {
    const end = Math.min(moments.length, (block + 1) * blockSize);
    for (let i = block * blockSize; i < end; i++) scales[block] = Math.max(scales[block]!, Math.abs(kept(i)));
    for (let i = block * blockSize; i < end; i++) {
      const value = kept(i);
      if (value === 0) continue;
      const code = encodeNearest(Math.abs(value) / scales[block]!, mantissaBits[kind]);
      codes[i] = kind === 'second' ? Math.max(1, code) : code | (value < 0 && code > 0 ? 128 : 0);
    }
  }
  return { codes, scales };
}
