/** The run id: independent of writing order, sensitive to every value, closed to what JSON cannot hold. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, runId } from '../../src/experiments/spec-hash.ts';
import { evaluateSchema } from '../../src/experiments/spec.ts';
import { pretrain } from './fixtures.ts';

const spec = (changes: object = {}) =>
  evaluateSchema.parse({
    kind: 'evaluate',
    checkpoint: { run: 'abc', step: 4 },
    task: 'spam',
    items: 8,
    contextLength: 32,
    ...changes,
  });

describe('canonicalJson', () => {
  it('sorts keys at every depth and writes no white space', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'é"' }], a: true })).toBe(
      '{"a":true,"b":[1,{"c":"é\\"","d":null}]}',
    );
  });

  it('reads back as the same data for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 1 },
    );
  });

  it.each([
    [NaN, 'spec is not a finite number, got NaN'],
    [{ a: [0, Infinity] }, 'spec.a[1] is not a finite number, got Infinity'],
    [{ a: undefined }, 'spec.a is not plain data, got undefined'],
    [new Array<number>(2), 'spec[0] is not plain data, got undefined'],
    [{ a: { b: () => 1 } }, 'spec.a.b is not plain data, got function'],
    [{ when: new Date(0) }, 'spec.when is not plain data, got object'],
    [1n, 'spec is not plain data, got bigint'],
  ])('refuses %o and says where', (value, message) => {
    expect(() => canonicalJson(value)).toThrow(message);
  });
});

describe('runId', () => {
  it('is 16 hex digits and does not depend on the order of fields', () => {
    const reversed = Object.fromEntries(Object.entries(spec()).reverse()) as ReturnType<typeof spec>;
    expect(runId(spec())).toMatch(/^[0-9a-f]{16}$/);
    expect(runId(reversed)).toBe(runId(spec()));
  });

  it('changes with any value', () => {
    const ids = [
      {},
      { seed: 1 },
      { items: 9 },
      { task: 'facts' },
      { checkpoint: { run: 'abc', step: 5 } },
    ].map((changes) => runId(spec(changes)));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('keeps the ids of runs that are older than a field, and tells its other values apart', () => {
    const old = pretrain();
    const { optimizer } = old;
    const neutral = {
      accumulation: 1,
      recompute: 'auto',
      optimizer: { ...optimizer, moments: 'f32' },
    } as const;
    expect(runId({ ...old, ...neutral })).toBe(runId(old));
    expect(runId({ ...old, accumulation: undefined })).toBe(runId(old));
    const others = [
      { accumulation: 2 },
      { recompute: 'layer' as const },
      { activations: 'bf16' as const },
      { weights: 'bf16' as const },
      { optimizer: { ...optimizer, moments: '8bit' as const } },
    ];
    expect(new Set([old, ...others.map((other) => ({ ...old, ...other }))].map(runId)).size).toBe(6);
    // Written down when the field came: specs already stored must find their runs.
    expect(runId(old)).toBe('f89c088cfbebad1e');
  });

  it('gives a written default and an omitted one the same id', () => {
    expect(runId(spec({ shots: 0 }))).toBe(runId(spec()));
  });
});
