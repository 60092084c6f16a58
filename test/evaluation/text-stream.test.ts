/** Text as it comes: stop strings across tokens, characters across tokens, and what is held back meanwhile. */
import { describe, expect, it } from 'vitest';
import { TextStream } from '../../src/evaluation/text-stream.ts';
import { loadTokenizer } from '../../src/tokenizers/tokenizer.ts';

/** Ids are bytes: every character of more than one is several tokens. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const decodeBytes = (ids: readonly number[]): string => utf8.decode(Uint8Array.from(ids));
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];

/** What is shown after each token, and at the end. */
function follow(
  text: string,
  stops: readonly string[],
  prompt = 'é:',
): { shown: string[]; shares: string[] } {
  const stream = new TextStream(decodeBytes, bytesOf(prompt), stops);
  const shown: string[] = [];
  for (const id of bytesOf(text)) {
    if (stream.ended) break;
    stream.push(id);
    shown.push(stream.text);
  }
  stream.finish();
  return { shown: [...shown, stream.text], shares: stream.shares() };
}

describe('TextStream', () => {
  it('shows a character when its last byte has come', () => {
    expect(follow('a€b', []).shown).toEqual(['a', 'a', 'a', 'a€', 'a€b', 'a€b']);
    expect(follow('a€b', []).shares).toEqual(['a', '', '', '€', 'b']);
  });

  it('ends before a stop string that several tokens spell, and never shows its beginning', () => {
    const { shown, shares } = follow('one\n\nQ: two', ['\n\nQ:']);
    expect(shown.at(-1)).toBe('one');
    expect(shown.every((text) => 'one'.startsWith(text))).toBe(true);
    expect(shares).toEqual(['o', 'n', 'e']);
  });

  it('ends before a stop string of characters of several bytes', () => {
    const { shown, shares } = follow('a👍🏽b。c', ['👍🏽b。']);
    expect(shown.at(-1)).toBe('a');
    expect(shares.join('')).toBe('a');
  });

  it('shows what was held back once it is no stop string', () => {
    expect(follow('\nX', ['\n\n']).shown).toEqual(['', '\nX', '\nX']);
    expect(follow('a\n', ['\n\n']).shown).toEqual(['a', 'a', 'a\n']);
    expect(follow('aab', ['ab']).shown.at(-1)).toBe('a');
  });

  it('takes the stop string that begins first', () => {
    expect(follow('xabcy', ['c', 'bc', 'abcd']).shown.at(-1)).toBe('xa');
    const token = (ids: readonly number[]) => ids.map((id) => ['p', 'x END y STOP'][id]).join('');
    const stream = new TextStream(token, [0], ['STOP', 'END']);
    stream.push(1);
    expect([stream.ended, stream.text, stream.shares()]).toEqual([true, 'x ', ['x ']]);
  });

  it('does not end on a stop string of the prompt, or one that begins in it', () => {
    expect(follow('\nb', ['é:', ':\n'], 'é:').shown.at(-1)).toBe('\nb');
  });

  it('never shows a part of a character, also not at the end', () => {
    const stream = new TextStream(decodeBytes, bytesOf('a'), []);
    for (const byte of bytesOf('b👍').slice(0, -1)) stream.push(byte);
    stream.finish();
    expect([stream.text, stream.shares()]).toEqual(['b', ['b', '', '', '']]);
  });

  it('keeps the space before a first word that a decoder would strip at the beginning of a text', () => {
    const vocab = Object.fromEntries(['<s>', '▁', 'a', '▁a'].map((token, id) => [token, id]));
    const decoder = {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    };
    const tokenizer = loadTokenizer({ model: { type: 'BPE', vocab, merges: [['▁', 'a']] }, decoder });
    const stream = new TextStream((ids) => tokenizer.decode(ids), [3], []);
    stream.push(3);
    expect(stream.text).toBe(' a');
  });
});
