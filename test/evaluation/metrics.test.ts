import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bitsPerByte,
  bytePerplexity,
  likeliestChoice,
  likeliestChoicePerCharacter,
  rollingTotals,
  scoreChoice,
  scoreGenerated,
  wordPerplexity,
} from '../../src/evaluation/metrics.ts';
import { rougeL } from '../../src/evaluation/rouge.ts';

interface RougeCase {
  readonly prediction: string;
  readonly reference: string;
  readonly rougeL: number;
}
const rougeCases = JSON.parse(
  readFileSync(new URL('fixtures/rouge.json', import.meta.url), 'utf8'),
) as readonly RougeCase[];

describe('rougeL', () => {
  it(`agrees with the rouge-score package on ${rougeCases.length} pairs`, () => {
    for (const { prediction, reference, rougeL: expected } of rougeCases) {
      expect(rougeL(prediction, reference), JSON.stringify([prediction, reference])).toBeCloseTo(
        expected,
        12,
      );
    }
    expect(rougeCases.filter((each) => each.rougeL > 0 && each.rougeL < 1).length).toBeGreaterThan(20);
  });

  it('is 0 where either side has no words', () => {
    expect(rougeL('', '')).toBe(0);
    expect(rougeL('a', '東京')).toBe(0);
  });
});

describe('choices', () => {
  it('takes the first of equal loglikelihoods', () => {
    expect(likeliestChoice({ choices: ['a', 'b', 'c'], loglikelihoods: [-2, -1, -1], answer: 'c' })).toBe(
      'b',
    );
  });

  it('divides by Unicode code points for acc_norm', () => {
    const outcome = { choices: ['😀😀', 'abc'], loglikelihoods: [-2.1, -3], answer: 'abc' };
    expect(likeliestChoicePerCharacter(outcome)).toBe('abc');
    expect(scoreChoice(outcome)).toEqual({ acc: 0, acc_norm: 1 });
  });

  it('leaves acc_norm out where choices are equally long', () => {
    expect(scoreChoice({ choices: ['ja', 'no'], loglikelihoods: [-1, -2], answer: 'ja' })).toEqual({
      acc: 1,
    });
  });
});

describe('scoreGenerated', () => {
  it('matches exactly but for space at the ends', () => {
    expect(scoreGenerated(' a republic ', 'a republic')).toEqual({ rouge_l: 1, exact_match: 1 });
    expect(scoreGenerated('A republic', 'a republic')).toEqual({ rouge_l: 1, exact_match: 0 });
  });
});

describe('rolling metrics', () => {
  it('count words and UTF-8 bytes of the original text', () => {
    const totals = rollingTotals(['a b\nc', 'é'], [-3, -4]);
    expect(totals).toEqual({ loglikelihood: -7, words: 4, bytes: 7 });
    expect(wordPerplexity(totals)).toBeCloseTo(Math.exp(7 / 4), 12);
    expect(bytePerplexity(totals)).toBeCloseTo(Math.E, 12);
    expect(bitsPerByte(totals)).toBeCloseTo(Math.LOG2E, 12);
  });
});
