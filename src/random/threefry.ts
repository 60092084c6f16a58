/**
 * Threefry2x32-20: a random number is a function of (key, counter) and nothing else, so that a resumed run draws what
 * it would have drawn. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; constants as in
 * Random123's threefry.h, answers checked against its published vectors.
 */

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;

/** Two 32-bit words of a key or a counter, low word first. */
export type Words = readonly [number, number];

/** The block of 64 random bits for a counter, as two unsigned 32-bit words. */
export function threefry2x32(key: Words, counter: Words): [number, number] {
  const schedule = [key[0] | 0, key[1] | 0, PARITY ^ key[0] ^ key[1]];
  let x = (counter[0] + schedule[0]!) | 0;
  let y = (counter[1] + schedule[1]!) | 0;
  for (let round = 0; round < 20; round++) {
    const rotation = ROTATIONS[round % 8]!;
    x = (x + y) | 0;
    y = ((y << rotation) | (y >>> (32 - rotation))) ^ x;
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    x = (x + schedule[injection % 3]!) | 0;
    y = (y + schedule[(injection + 1) % 3]! + injection) | 0;
  }
  return [x >>> 0, y >>> 0];
}
