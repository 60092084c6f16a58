/** The bytes of a pickle, read from front to back: numbers and text, each checked against what is left. */
import { WeightFileError } from './errors.ts';

export class PickleCursor {
  readonly #view: DataView;
  #at = 0;

  /** @param file its name, for errors */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  integer(size: 1 | 2 | 4 | 8, signed = false): number {
    const at = this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at, true);
    if (size === 4) return signed ? this.#view.getInt32(at, true) : this.#view.getUint32(at, true);
    const value = this.#view.getBigUint64(at, true);
    if (value > BigInt(this.bytes.length)) throw this.fault(`a length of ${value} bytes`);
    return Number(value);
  }

  float(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** LONG1: a little-endian two's-complement integer of up to 255 bytes. Larger than a number holds is refused. */
  long(): number {
    const length = this.integer(1);
    const at = this.#take(length);
    if (length > 8) throw this.fault(`an integer of ${length} bytes, expected at most 8`);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(this.bytes[at + index]!);
    const signed = Number(BigInt.asIntN(8 * length, value));
    if (!Number.isSafeInteger(signed))
      throw this.fault(`the integer ${value}, which is not exact as a number`);
    return signed;
  }

  text(length: number): string {
    const at = this.#take(length);
    return new TextDecoder().decode(this.bytes.subarray(at, at + length));
  }

  /** Up to the next line feed. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.fault('it is cut off');
    const text = this.text(end - this.#at);
    this.#at++;
    return text;
  }

  fault(problem: string): WeightFileError {
    return new WeightFileError(this.file, null, `its pickle is not one of torch.save: ${problem}`);
  }

  /** Where the next `length` bytes begin. */
  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.bytes.length) throw this.fault('it is cut off');
    this.#at += length;
    return at;
  }
}
