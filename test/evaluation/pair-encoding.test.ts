import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePair, pairRow, rollingRows } from '../../src/evaluation/pair-encoding.ts';
import { toyTokenizer } from './toy-model.ts';

const encode = (text: string): readonly number[] => toyTokenizer.encode(text);
const pair = (context: string, continuation: string): ReturnType<typeof encodePair> =>
  encodePair(toyTokenizer, context, continuation);

describe('encodePair', () => {
  it('tokenises context and continuation as one text', () => {
    expect(pair('Spam:', ' yes')).toEqual({ context: encode('Spam:'), continuation: encode(' yes') });
    expect(encode(' yes')).toHaveLength(1);
  });

  it('moves white space that ends the context to the continuation', () => {
    expect(pair('Spam: ', 'yes')).toEqual(pair('Spam:', ' yes'));
    expect(pair('Spam:\n ', 'no')).toEqual({ context: encode('Spam:'), continuation: encode('\n no') });
    expect(pair('Spam:\u001c\u0085', 'no').context).toEqual(encode('Spam:'));
    expect(pair('Spam:\ufeff', 'no').context).toEqual(encode('Spam:\ufeff'));
  });

  it('takes as continuation what the joint tokens have beyond the length of the context alone', () => {
    // Jointly `x` `ab`; the context alone is `x` `a`: nothing is left, as in lm-evaluation-harness.
    expect(() => pair('xa', 'b')).toThrow(/no tokens of its own, got "b"/);
    expect(pair('xa', 'bc')).toEqual({ context: encode('xa'), continuation: encode('c') });
  });

  it('predicts a text without context from end-of-text', () => {
    expect(pair('', 'no')).toEqual({ context: [0], continuation: encode('no') });
    expect(pair('  ', 'no')).toEqual({ context: [0], continuation: encode('  no') });
    const beginning = { ...toyTokenizer, encode: (text: string) => [0, ...toyTokenizer.encode(text)] };
    expect(encodePair(beginning, '', 'no')).toEqual({ context: [0], continuation: encode('no') });
  });

  it('refuses an empty continuation', () => {
    expect(() => pair('a', '')).toThrow(RangeError);
  });
});

describe('pairRow', () => {
  const row = { context: [1, 2, 3, 4], continuation: [5, 6] };

  it('keeps the last contextLength + 1 tokens', () => {
    expect(pairRow(row, 5)).toEqual({ tokens: [1, 2, 3, 4, 5, 6], scored: 2 });
    expect(pairRow(row, 3)).toEqual({ tokens: [3, 4, 5, 6], scored: 2 });
    expect(pairRow(row, 2)).toEqual({ tokens: [4, 5, 6], scored: 2 });
  });

  it('refuses a continuation longer than the context', () => {
    expect(() => pairRow(row, 1)).toThrow(/got 2 tokens, expected at most 1/);
  });
});

describe('rollingRows', () => {
  it('gives the windows of lm-evaluation-harness', () => {
    const tokens = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(rollingRows(tokens, 0, 4)).toEqual([
      { tokens: [0, 1, 2, 3, 4], scored: 4 },
      { tokens: [4, 5, 6, 7, 8], scored: 4 },
      { tokens: [6, 7, 8, 9, 10], scored: 2 },
    ]);
    expect(rollingRows([1, 2], 0, 4)).toEqual([{ tokens: [0, 1, 2], scored: 2 }]);
    expect(rollingRows([], 0, 4)).toEqual([]);
  });

  it('scores every token once, in windows that fit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 13 }), (length, context) => {
        const tokens = Array.from({ length }, (_, index) => index + 1);
        const rows = rollingRows(tokens, 0, context);
        expect(rows.flatMap((row) => row.tokens.slice(-row.scored))).toEqual(tokens);
        expect(rows.every((row) => row.tokens.length <= context + 1 && row.tokens.length > row.scored)).toBe(
          true,
        );
      }),
      { seed: 5 },
    );
  });
});
