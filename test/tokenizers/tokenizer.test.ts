/** Loaded tokenizers against Rust `tokenizers`: ids, decoding, round trips, and files that are wrong. */
import { existsSync, readFileSync } from 'node:fs';
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { trainByteLevelBpe } from '../../src/tokenizers/byte-level-bpe-trainer.ts';
import { TokenizerFormatError } from '../../src/tokenizers/tokenizer-json.ts';
import { loadTokenizer } from '../../src/tokenizers/tokenizer.ts';
import { hostileTexts, mixedText, throughUtf8 } from './hostile-text.ts';

const DATA = '../shared/data';
const published = [
  { name: 'GPT-NeoX-20B', path: `${DATA}/tokenizers/gpt-neox-20b.tokenizer.json`, form: 'NFC' },
  { name: 'OLMo-1', path: `${DATA}/tokenizers/olmo-1.tokenizer.json`, form: 'NFC' },
  { name: 'OLMo-2', path: `${DATA}/tokenizers/olmo-2-dolma2.tokenizer.json`, form: null },
  { name: 'stories260K', path: `${DATA}/stories260k/tokenizer.json`, form: null },
];

describe.each(published)('the published tokenizer of $name', ({ path, form }) => {
  const there = existsSync(path);
  const source = there ? readFileSync(path, 'utf8') : '';
  const texts = hostileTexts(150, 1);

  it.skipIf(!there)('gives the ids of the Rust library on hostile text', async () => {
    const ours = loadTokenizer(source);
    const rust = RustTokenizer.fromString(source);
    for (const text of texts) {
      const expected = (await rust.encode(throughUtf8(text), null, { addSpecialTokens: false })).getIds();
      expect([...ours.encode(text)], JSON.stringify(text)).toEqual(expected);
    }
  });

  it.skipIf(!there)('gives the ids of the Rust library on a megabyte of mixed text in one go', async () => {
    const { added_tokens: added } = JSON.parse(source) as { added_tokens: { content: string }[] };
    const text = mixedText(
      1_000_000,
      9,
      added.map(({ content }) => content),
    );
    const ours = loadTokenizer(source);
    const rust = RustTokenizer.fromString(source);
    const expected = (await rust.encode(text, null, { addSpecialTokens: false })).getIds();
    const ids = ours.encode(text);
    expect(ids.length).toBe(expected.length);
    expect(expected.findIndex((id, at) => id !== ids[at])).toBe(-1);
    expect(ours.decode(ids) === (await rust.decode(expected, false))).toBe(true);
  });

  it.skipIf(!there)('decodes any ids to the text of the Rust library', async () => {
    const ours = loadTokenizer(source);
    const rust = RustTokenizer.fromString(source);
    for (let trial = 0; trial < 100; trial++) {
      const ids = Array.from({ length: 7 }, (_, i) => (trial * 7919 + i * 104_729) % ours.vocabularySize);
      expect(ours.decode(ids), String(ids)).toBe(await rust.decode(ids, false));
    }
  });

  it.skipIf(!there)('returns the text it was given, up to its normalization', () => {
    const ours = loadTokenizer(source);
    for (const text of texts) {
      const expected = throughUtf8(text);
      expect(ours.decode(ours.encode(text))).toBe(form === null ? expected : expected.normalize(form));
    }
  });
});

describe('a tokenizer trained here', async () => {
  const json = await trainByteLevelBpe(hostileTexts(50, 2), { vocabularySize: 700 });
  const tokenizer = loadTokenizer(json);

  it('has as many ids as were asked for, and the end of text first', () => {
    expect(tokenizer.vocabularySize).toBe(700);
    expect(tokenizer.endOfText).toBe(0);
  });

  it('gives the ids of the Rust library', async () => {
    const rust = RustTokenizer.fromString(JSON.stringify(json));
    for (const text of hostileTexts(100, 3)) {
      expect([...tokenizer.encode(text)]).toEqual((await rust.encode(throughUtf8(text))).getIds());
    }
  });

  it('returns exactly the text it was given', () => {
    for (const text of hostileTexts(200, 4))
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(throughUtf8(text));
  });

  it('reads the names of special tokens as tokens, or as text when told to', () => {
    const text = 'a<|endoftext|>b';
    expect([...tokenizer.encode(text)].filter((id) => id === 0)).toHaveLength(1);
    const plain = tokenizer.encode(text, { specialTokens: 'text' });
    expect(plain).not.toContain(0);
    expect(tokenizer.decode(plain)).toBe(text);
  });

  it('shows a token that is part of a character by its bytes', () => {
    const pieces = Array.from(tokenizer.encode('\u{10450}'), (id) => tokenizer.piece(id));
    expect(pieces.join('')).toBe('<0xF0><0x90><0x91><0x90>');
    expect(Array.from(tokenizer.encode(' a'), (id) => tokenizer.piece(id)).join('')).toBe(' a');
  });

  it('encodes a word of a hundred thousand letters without slowing to a square', () => {
    const text = 'abcde'.repeat(20_000);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it.each([-1, 700, 1.5, Number.NaN])('refuses to decode the id %d', (id) => {
    expect(() => tokenizer.decode([id])).toThrow(
      /decode: token id outside the vocabulary, got .*, expected an integer from 0 to 699/,
    );
  });
});

describe('a tokenizer.json that is wrong', async () => {
  const json = await trainByteLevelBpe(['some words'], { vocabularySize: 260 });

  it.each([
    ['is not JSON', '{', /not JSON/],
    ['is not an object', [], /the file is wrong/],
    ['has no model', { ...json, model: undefined }, /model/],
    ['has a model of unknown type', { ...json, model: { type: 'Magic' } }, /model\.type/],
    [
      'has an id that is not a number',
      { ...json, model: { ...json.model, vocab: { a: 'b' } } },
      /model\.vocab\.a/,
    ],
    [
      'has merges that are not pairs',
      { ...json, model: { ...json.model, merges: ['abc'] } },
      /model\.merges\.0/,
    ],
    [
      'merges tokens it does not have',
      { ...json, model: { ...json.model, merges: [['zz', 'y']] } },
      /needs the token "zz"/,
    ],
    [
      'has an empty vocabulary',
      { ...json, added_tokens: [], model: { ...json.model, vocab: {}, merges: [] } },
      /vocab is empty/,
    ],
  ])('%s: says so', (_, source, message) => {
    expect(() => loadTokenizer(source)).toThrow(TokenizerFormatError);
    expect(() => loadTokenizer(source)).toThrow(message);
  });

  it('takes merges written as strings as well as pairs', () => {
    const merges = (json.model.merges as [string, string][]).map((pair) => pair.join(' '));
    const older = loadTokenizer({ ...json, model: { ...json.model, merges } });
    expect(older.encode('some words')).toEqual(loadTokenizer(json).encode('some words'));
  });

  it('finds the end of text by the name in the configuration', () => {
    const added = [...json.added_tokens, { ...json.added_tokens[0]!, id: 260, content: '</s>' }];
    const tokenizer = loadTokenizer({ ...json, added_tokens: added }, { eos_token: { content: '</s>' } });
    expect(tokenizer.endOfText).toBe(260);
    expect(tokenizer.vocabularySize).toBe(261);
  });
});
