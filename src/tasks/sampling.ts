/**
 * Splits and draws by hash. Which side of a split something falls on depends on the task and on itself alone, never on
 * a seed: a model tuned with one seed may be tested with another, and still has not seen the test items.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Draw } from './task.ts';

/** A number in [0, 1) that a text always has: the first 32 bits of its SHA-256. */
export function hashFraction(text: string): number {
  const digest = sha256(utf8ToBytes(text));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0) / 2 ** 32;
}

/** Whether the group named `key` is held out for testing. Everything with the same key falls on the same side. */
export function isHeldOut(task: string, key: string, fraction: number): boolean {
  return hashFraction(`split\0${task}\0${key}`) < fraction;
}

/**
 * `count` of the candidates in an order that depends on the seed and their ids only, not on the order they came in.
 * @param purpose names the stream, so that two draws with one seed are unrelated.
 * @throws RangeError when there are fewer than `count`.
 */
export function drawSeeded<T extends { readonly id: string }>(
  candidates: readonly T[],
  { count, seed }: Draw,
  purpose: string,
): readonly T[] {
  checkCount(count, candidates.length, purpose);
  return candidates
    .map((candidate) => ({ candidate, order: hashFraction(`draw\0${purpose}\0${seed}\0${candidate.id}`) }))
    .sort((a, b) => a.order - b.order || (a.candidate.id < b.candidate.id ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/**
 * `count` candidates with as many of every class as possible (they differ by at most one), classes mixed by seed.
 * @throws RangeError when the smallest class does not reach.
 */
export function drawBalanced<T extends { readonly id: string }>(
  candidates: readonly T[],
  classes: readonly string[],
  classOf: (candidate: T) => string,
  { count, seed }: Draw,
  purpose: string,
): readonly T[] {
  const groups = classes.map((name) => candidates.filter((candidate) => classOf(candidate) === name));
  checkCount(count, classes.length * Math.min(...groups.map((group) => group.length)), purpose);
  const drawn = groups.flatMap((group, index) => {
    const share = Math.floor((count + classes.length - 1 - index) / classes.length);
    return drawSeeded(group, { count: share, seed }, `${purpose}\0${classes[index]}`);
  });
  return drawSeeded(drawn, { count, seed }, `${purpose}\0mixed`);
}

function checkCount(count: number, available: number, purpose: string): void {
  if (Number.isInteger(count) && count >= 1 && count <= available) return;
  throw new RangeError(
    `${purpose}: cannot draw that many items, got ${count}, expected a whole number up to ${available}; ask for fewer, or add documents`,
  );
}
