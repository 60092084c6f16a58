/** bf16 on the host: the upper half of a float32, rounded; as Uint16Array, in the order in which words hold them. */

const bits = new Uint32Array(1);
const number = new Float32Array(bits.buffer);

/** The bf16 nearest to a number, ties to even, as its 16 bits. A NaN stays one. */
export function bf16Bits(value: number): number {
  number[0] = value;
  const word = bits[0]!;
  if (value !== value) return (word >>> 16) | 1;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The number that 16 bits stand for. */
export function bf16Value(half: number): number {
  bits[0] = half << 16;
  return number[0]!;
}

/** All numbers rounded to bf16; a whole number of words, the last half zero where it is left over. */
export function roundToBf16(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(Math.ceil(values.length / 2) * 2);
  for (let i = 0; i < values.length; i++) halves[i] = bf16Bits(values[i]!);
  return halves;
}

/** All numbers as f32. Exact. */
export function widenBf16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}
