/** A weight file's tensor that refuses NaN and infinity as its bytes pass: one test of exponent bits per 32-bit word. */
import { itemSizes, widen, type Dtype } from './dtype.ts';
import { WeightFileError } from './errors.ts';
import type { FileTensor } from './weight-files.ts';

/**
 * The exponents of a word, and what lifts one that is all ones into the bit above it: (word & exponents) + lift has a
 * bit of `signs` set exactly where a value is no finite number.
 */
interface ExponentTest {
  readonly exponents: number;
  readonly lift: number;
  readonly signs: number;
  /** The first word of eight bytes that has an exponent, and words from one to the next. */
  readonly first: number;
  readonly stride: number;
}

const every = { first: 0, stride: 1 };
const tests: Readonly<Partial<Record<Dtype, ExponentTest>>> = {
  F32: { exponents: 0x7f80_0000, lift: 0x0080_0000, signs: 0x8000_0000, ...every },
  BF16: { exponents: 0x7f80_7f80, lift: 0x0080_0080, signs: 0x8000_8000, ...every },
  F16: { exponents: 0x7c00_7c00, lift: 0x0400_0400, signs: 0x8000_8000, ...every },
  // From 2^128 on a value is infinite as the float32 that it becomes.
  F64: { exponents: 0x7ff0_0000, lift: 0x8000_0000 - 0x47f0_0000, signs: 0x8000_0000, first: 1, stride: 2 },
};

/** Whole values of every dtype, and whole words. */
const blockBytes = 8;

/**
 * The same tensor; reading it throws WeightFileError at the first piece that holds a value which is no finite float32,
 * before that piece is handed on. A read that starts or ends within a value does not judge that value.
 */
export function finiteSource(source: FileTensor): FileTensor {
  const test = tests[source.dtype];
  if (!test) return source;
  const judge = (position: number, bytes: Uint8Array): void => {
    if (isFinite(bytes, test)) return;
    const values = widen(source.dtype, bytes.slice());
    const index = values.findIndex((value) => !Number.isFinite(value));
    const at = position / itemSizes[source.dtype] + index;
    throw new WeightFileError(
      source.file,
      source.name,
      `holds ${values[index]} at element ${at}, expected finite numbers; ` +
        `its training had diverged or the file is damaged: take another revision, or convert it anew`,
    );
  };
  return { ...source, read: (start = 0, end?: number) => judged(source.read(start, end), start, judge) };
}

/** Calls `judge` with whole blocks and their positions; one that is cut by the end of a piece has zeros for the rest. */
async function* judged(
  pieces: AsyncIterable<Uint8Array>,
  start: number,
  judge: (position: number, bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const seam = new Uint8Array(blockBytes);
  let position = start;
  for await (const piece of pieces) {
    const filled = position % blockBytes;
    const lead = filled === 0 ? 0 : Math.min(blockBytes - filled, piece.length);
    const whole = piece.length - lead - ((piece.length - lead) % blockBytes);
    const rest = piece.subarray(lead + whole);
    if (lead > 0) {
      seam.set(piece.subarray(0, lead), filled);
      judge(position - filled, seam);
    }
    judge(position + lead, piece.subarray(lead, lead + whole));
    if (filled + lead === blockBytes || lead === 0) {
      seam.fill(0);
      seam.set(rest);
      judge(position + lead + whole, seam);
    }
    position += piece.length;
    yield piece;
  }
}

/** @param bytes whole blocks */
function isFinite(bytes: Uint8Array, { exponents, lift, signs, first, stride }: ExponentTest): boolean {
  const { buffer, byteOffset, length } = wordAligned(bytes);
  const words = new Int32Array(buffer, byteOffset, length / 4);
  let lifted = 0;
  for (let index = first; index < words.length; index += stride) lifted |= (words[index]! & exponents) + lift;
  return (lifted & signs) === 0;
}

/** The bytes where words can be seen in them: a copy where they lie in between. */
function wordAligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}
