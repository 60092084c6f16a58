/** Named random streams: (seed, purpose) names a stream, and every draw is a function of its index alone. */
import { threefry2x32, type Words } from './threefry.ts';

/** Rounds of the Feistel network: 4 already pass as random (Luby–Rackoff); 6 cost nothing here. */
const FEISTEL_ROUNDS = 6;

export class RandomStream {
  private readonly key: Words;

  /** @param seed any safe integer. @param purpose what is drawn: streams of other names are unrelated. */
  constructor(seed: number, purpose: string) {
    if (!Number.isSafeInteger(seed))
      throw new RangeError(`RandomStream: seed is not usable, got ${seed}, expected a safe integer`);
    let words: Words = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
    // The name is absorbed 64 bits at a time; its length first, so that no name is the beginning of another.
    const bytes = new TextEncoder().encode(purpose);
    const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
    padded.set(bytes);
    const view = new DataView(padded.buffer);
    words = threefry2x32(words, [bytes.length, 0]);
    for (let at = 0; at < padded.length; at += 8)
      words = threefry2x32(words, [view.getUint32(at, true), view.getUint32(at + 4, true)]);
    this.key = words;
  }

  /** 64 random bits. `index` is a non-negative safe integer. */
  bits(index: number): [number, number] {
    return threefry2x32(this.key, [index >>> 0, Math.floor(index / 2 ** 32)]);
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(index: number): number {
    const [low, high] = this.bits(index);
    return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
  }

  /** An integer in 0 … bound − 1; its bias is below bound · 2⁻⁵³. */
  integerBelow(bound: number, index: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1)
      throw new RangeError(`integerBelow: bound is not usable, got ${bound}, expected a positive integer`);
    return Math.floor(this.uniform(index) * bound);
  }

  /** 0 … count − 1 in random order (Fisher–Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integerBelow(i + 1, i);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /**
   * Where a random permutation of 0 … count − 1 sends `index`, without making the permutation: a Feistel network on
   * the next even number of bits, walked until it comes back into range (Black & Rogaway 2002). count ≤ 2³².
   */
  permute(index: number, count: number): number {
    if (!(index >= 0 && index < count && count <= 2 ** 32)) {
      throw new RangeError(
        `permute: index is out of range, got ${index} of ${count}, expected 0 to count - 1 and a count up to 2^32`,
      );
    }
    const half = Math.max(1, Math.ceil(Math.log2(count) / 2));
    let at = index;
    do at = this.feistel(at, half);
    while (at >= count);
    return at;
  }

  /** One pass of the network over 2 · half bits; a bijection whatever the round function. */
  private feistel(value: number, half: number): number {
    const size = 2 ** half;
    let left = Math.floor(value / size);
    let right = value % size;
    for (let round = 0; round < FEISTEL_ROUNDS; round++) {
      // The high word's top bit keeps these counters apart from those of `bits`.
      const [mix] = threefry2x32(this.key, [right, 2 ** 31 + round]);
      [left, right] = [right, (left ^ mix) & (size - 1)];
    }
    return left * size + right;
  }
}
