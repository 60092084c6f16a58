/**
 * Seeded, stateless random numbers: a stream is named by (seed, purpose), a draw by its index, so that no draw depends
 * on how many came before it. Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

type Block = readonly [number, number, number, number];
type Key = readonly [number, number];

const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const KEY_STEPS = [0x9e3779b9, 0xbb67ae85] as const;
const ROUNDS = 10;

/** Draws by index from one stream. */
export interface RandomStream {
  /** An integer in [0, bound), uniform up to bound/2³². */
  integer(index: number, bound: number): number;
}

/** The stream of that seed and purpose. */
export function randomStream(seed: number, purpose: string): RandomStream {
  const digest = sha256(utf8ToBytes(`${seed}\0${purpose}`));
  const words = new DataView(digest.buffer, digest.byteOffset);
  const key: Key = [words.getUint32(0), words.getUint32(4)];
  let blockIndex = -1;
  let block: Block = [0, 0, 0, 0];
  return {
    integer(index, bound) {
      const wanted = Math.floor(index / 4);
      if (wanted !== blockIndex) {
        block = philox([wanted >>> 0, Math.floor(wanted / 2 ** 32), 0, 0], key);
        blockIndex = wanted;
      }
      return Math.floor((block[(index % 4) as 0 | 1 | 2 | 3] / 2 ** 32) * bound);
    },
  };
}

/** One block of Philox4x32-10: a counter of four 32-bit words and a key of two → four 32-bit words. */
export function philox(counter: Block, key: Key): Block {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    [a, b, c, d] = [
      (highProduct(MULTIPLIERS[1], c) ^ b ^ k0) >>> 0,
      Math.imul(MULTIPLIERS[1], c) >>> 0,
      (highProduct(MULTIPLIERS[0], a) ^ d ^ k1) >>> 0,
      Math.imul(MULTIPLIERS[0], a) >>> 0,
    ];
    k0 = (k0 + KEY_STEPS[0]) >>> 0;
    k1 = (k1 + KEY_STEPS[1]) >>> 0;
  }
  return [a, b, c, d];
}

/** The upper 32 bits of a product of two 32-bit integers, by 16-bit halves: 2⁶⁴ is beyond exact doubles. */
function highProduct(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const low = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(low / 0x10000);
}
