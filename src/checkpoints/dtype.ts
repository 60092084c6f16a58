/** Element types of weight files, by their safetensors names, and the exact widening of floats to float32. */
import { getFloat16 } from '@petamoriken/float16';

/** Bytes per element. */
export const itemSizes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

export type Dtype = keyof typeof itemSizes;

/** Bytes per element of the types that can become float32. */
export const floatWidths: Readonly<Partial<Record<Dtype, number>>> = { F16: 2, BF16: 2, F32: 4, F64: 8 };

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(itemSizes, name);
}

/**
 * Bytes of a tensor, or null when a size is not a whole number ≥ 0 or the product leaves the range in which numbers
 * are exact.
 */
export function byteLength(dtype: Dtype, shape: readonly unknown[]): number | null {
  let bytes: number = itemSizes[dtype];
  let empty = false;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null;
    // A zero later in the shape must not hide an overflow, nor an overflow a zero.
    if (size === 0) empty = true;
    else bytes *= size;
    if (!Number.isSafeInteger(bytes)) return null;
  }
  return empty ? 0 : bytes;
}

/**
 * Little-endian bytes as float32. F16 and BF16 widen exactly; F64 rounds to nearest. F32 shares the given buffer.
 * @throws TypeError for a dtype that is not a floating-point one
 */
export function widen(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  if (dtype === 'F32') return new Float32Array(buffer, byteOffset, length / 4);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer, byteOffset, length / 8));
  if (dtype === 'BF16') return widenBrain(new Uint16Array(buffer, byteOffset, length / 2));
  if (dtype === 'F16') return widenHalf(new Uint16Array(buffer, byteOffset, length / 2));
  throw new TypeError(`widen: not a floating-point dtype, got ${dtype}, expected F16, BF16, F32 or F64`);
}

/** bfloat16 is the upper half of a float32. */
function widenBrain(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) words[index] = halves[index]! << 16;
  return new Float32Array(words.buffer);
}

/** All 65,536 half-precision values as float32 bits, made on first use: a lookup is faster than any conversion. */
let halfTable: Uint32Array | undefined;

function widenHalf(halves: Uint16Array): Float32Array<ArrayBuffer> {
  halfTable ??= makeHalfTable();
  const words = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) words[index] = halfTable[halves[index]!]!;
  return new Float32Array(words.buffer);
}

function makeHalfTable(): Uint32Array {
  const values = new Float32Array(65_536);
  const view = new DataView(new ArrayBuffer(2));
  for (let bits = 0; bits < values.length; bits++) {
    view.setUint16(0, bits, true);
    values[bits] = getFloat16(view, 0, true);
  }
  return new Uint32Array(values.buffer);
}
