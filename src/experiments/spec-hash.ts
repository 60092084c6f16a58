/** A spec's hash is its run's id: the first 16 hex digits of the SHA-256 of the spec's canonical JSON. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { RunSpec } from './spec.ts';

/** 64 bits: a million runs collide with a chance below 1 in 10⁷. */
const ID_DIGITS = 16;

/**
 * JSON with sorted keys and no white space, so that equal data has equal text whatever order it was written in.
 * Refuses what JSON would silently change (undefined, NaN, infinities, functions, class instances).
 * @throws TypeError naming the path of the value that is not plain data.
 */
export function canonicalJson(value: unknown, path = 'spec'): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return JSON.stringify(value);
    throw new TypeError(
      `canonicalJson: ${path} is not a finite number, got ${value}, expected a finite number`,
    );
  }
  if (Array.isArray(value)) {
    const items = Array.from(value as unknown[], (item, index) => canonicalJson(item, `${path}[${index}]`));
    return `[${items.join(',')}]`;
  }
  if (isPlainObject(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key], `${path}.${key}`)}`).join(',')}}`;
  }
  throw new TypeError(
    `canonicalJson: ${path} is not plain data, got ${typeof value}, expected JSON; remove it`,
  );
}

/** Fields younger than the first runs, by path, at the values that mean what those runs did. */
const neutral: Readonly<Record<string, unknown>> = {
  accumulation: 1,
  recompute: 'auto',
  activations: 'f32',
  weights: 'f32',
  'optimizer.moments': 'f32',
};

/**
 * The id of the run that a complete (parsed) spec describes: 16 hex digits. The same spec has the same id anywhere; a
 * field at its neutral value counts as left out.
 */
export function runId(spec: RunSpec): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(withoutNeutral(spec))))).slice(0, ID_DIGITS);
}

function withoutNeutral(value: object, within = ''): Record<string, unknown> {
  const leftOut = (path: string, at: unknown) =>
    Object.hasOwn(neutral, path) && (at === undefined || at === neutral[path]);
  const kept = Object.entries(value).filter(([key, at]) => !leftOut(within + key, at));
  return Object.fromEntries(
    kept.map(([key, at]) => [
      key,
      isPlainObject(at) ? withoutNeutral(at, `${within}${key}.`) : (at as unknown),
    ]),
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
