/** The kinds of tokenizer.json that Llama-, SmolLM-, GPT-2- and OLMo-like models come with, against Rust `tokenizers`. */
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { trainByteLevelBpe } from '../../src/tokenizers/byte-level-bpe-trainer.ts';
import { loadTokenizer } from '../../src/tokenizers/tokenizer.ts';
import { hostileTexts, throughUtf8 } from './hostile-text.ts';
import { added, characterModel, llamaTokenizer, prose, type Json } from './llama-tokenizer.ts';

const learningText = prose.repeat(3) + hostileTexts(30, 5).join(' ');

const metaspace = (options: Json) => ({
  ...llamaTokenizer,
  normalizer: null,
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', ...options },
  decoder: { type: 'Metaspace', replacement: '▁', ...options },
});

const trained = (await trainByteLevelBpe([learningText], { vocabularySize: 500 })) as unknown as Json & {
  model: Json & { vocab: Record<string, number>; merges: [string, string][] };
  added_tokens: Json[];
};
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const split = (behavior: string, Regex: string, invert = false) => ({
  type: 'Split',
  pattern: { Regex },
  behavior,
  invert,
});
const words = (pretokenizers: Json[]) => ({ ...trained, pre_tokenizer: { type: 'Sequence', pretokenizers } });
const withAdded = (...tokens: Json[]) => ({ ...trained, added_tokens: [...trained.added_tokens, ...tokens] });
const llama3 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

const kinds: Record<string, Json> = {
  'Llama 2, with normalizers': llamaTokenizer,
  'Llama, unknown characters fused, no bytes': {
    ...llamaTokenizer,
    model: characterModel({ byte_fallback: false }),
  },
  'Llama, unknown characters one by one': {
    ...llamaTokenizer,
    model: characterModel({ byte_fallback: false, fuse_unk: false }),
  },
  'Llama, unknown characters dropped': {
    ...llamaTokenizer,
    model: characterModel({ byte_fallback: false, unk_token: null }),
  },
  'Llama, whole words first': { ...llamaTokenizer, model: characterModel({ ignore_merges: true }) },
  'Metaspace, prepended always': metaspace({ prepend_scheme: 'always', split: true }),
  'Metaspace, prepended first': metaspace({ prepend_scheme: 'first', split: true }),
  'Metaspace, prepended first, in one piece': metaspace({ prepend_scheme: 'first', split: false }),
  'Metaspace, never prepended': metaspace({ prepend_scheme: 'never', split: true }),
  'NFKC and lower case': {
    ...llamaTokenizer,
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }, llamaTokenizer.normalizer] },
  },
  'byte level, digits one by one (SmolLM2)': words([{ type: 'Digits', individual_digits: true }, byteLevel]),
  'byte level, runs of digits': words([{ type: 'Digits', individual_digits: false }, byteLevel]),
  'byte level, Llama 3 pattern isolated': words([
    split('Isolated', llama3),
    { ...byteLevel, use_regex: false },
  ]),
  'byte level, a pattern kept': words([
    split('Removed', String.raw`\p{L}+|\p{N}`, true),
    { ...byteLevel, use_regex: false },
  ]),
  'byte level, a pattern removed': words([split('Removed', String.raw`\s+`), byteLevel]),
  'byte level, a pattern before its next': words([split('MergedWithNext', ' '), byteLevel]),
  'byte level, prefix space': { ...trained, pre_tokenizer: { ...byteLevel, add_prefix_space: true } },
  'byte level, whole words first': { ...trained, model: { ...trained.model, ignore_merges: true } },
  'byte level, merges as strings': {
    ...trained,
    model: { ...trained.model, merges: trained.model.merges.map((pair) => pair.join(' ')) },
  },
  'byte level, bytes missing': {
    ...trained,
    model: {
      ...trained.model,
      merges: [],
      vocab: Object.fromEntries(
        Object.entries(trained.model.vocab).filter(([token]) => !'éÃÐa'.includes(token)),
      ),
    },
  },
  'byte level, NFD': { ...trained, normalizer: { type: 'NFD' } },
  'added tokens that take space around them': withAdded(
    added('<left>', 500, { lstrip: true }),
    added('<right>', 501, { rstrip: true, special: true }),
    added('<both>', 502, { lstrip: true, rstrip: true }),
  ),
  'added tokens that are whole words': withAdded(
    added('the', 500, { single_word: true }),
    added('wh', 501, { single_word: true, lstrip: true }),
    added('é', 502, { single_word: true }),
  ),
  'added tokens in normalized text': {
    ...withAdded(added('café', 500, { normalized: true }), added('   ', 501, { normalized: true })),
    normalizer: { type: 'NFC' },
  },
  'added tokens of which one begins another': withAdded(
    added('  ', 500),
    added('    ', 501),
    added('\n\n', 502),
    added('<|', 503),
    added('<|endoftext|>x', 700 /* wrong, and Rust says 504 */, { special: true }),
  ),
};

const around = [
  '<left>',
  '<right>',
  '<both>',
  'the',
  'wh',
  'é',
  'café',
  'cafe\u0301',
  '</s>',
  '<s>',
  '<|endoftext|>',
];
const texts = [
  ...hostileTexts(60, 8),
  prose,
  ...around.flatMap((name) => [
    `a ${name}  b`,
    `a${name}b`,
    `${name}${name}`,
    ` \t\n${name}\u00a0\u3000${name}, x`,
    `_${name}_`,
  ]),
].map(throughUtf8);

describe.each(Object.entries(kinds))('%s', (_, json) => {
  const ours = loadTokenizer(json);
  const rust = RustTokenizer.fromString(JSON.stringify({ version: '1.0', ...json }));

  it('gives the ids of the Rust library, and its text', async () => {
    for (const text of texts) {
      const expected = (await rust.encode(text, null, { addSpecialTokens: false })).getIds();
      expect([...ours.encode(text)], JSON.stringify(text)).toEqual(expected);
      expect(ours.decode(expected)).toBe(await rust.decode(expected, false));
    }
  });
});

describe('what is not known here', () => {
  const model = llamaTokenizer.model;
  it.each([
    [
      'a model',
      { model: { type: 'Unigram', vocab: [['a', 0]] } },
      /model\.type is not supported, got Unigram/,
    ],
    [
      'a normalizer',
      { model, normalizer: { type: 'BertNormalizer' } },
      /normalizer is not supported, got .*Bert/,
    ],
    [
      'a pre-tokenizer',
      { model, pre_tokenizer: { type: 'UnicodeScripts' } },
      /pre_tokenizer is not supported/,
    ],
    [
      'a pre-tokenizer after the bytes',
      { model, pre_tokenizer: { type: 'Sequence', pretokenizers: [byteLevel, { type: 'Digits' }] } },
      /ByteLevel \(last\)/,
    ],
    ['a behaviour', words([split('Contiguous', 'a'), byteLevel]), /Contiguous/],
    ['a pattern', words([split('Isolated', '(?<!a'), byteLevel]), /pattern that cannot be used here/],
    [
      'a pattern that may never end',
      words([split('Isolated', '(a|aa)+b'), byteLevel]),
      /repetition within a repetition/,
    ],
    [
      'a replacement without measure',
      { model, normalizer: { type: 'Prepend', prepend: 'x'.repeat(101) } },
      /normalizer is not supported/,
    ],
    ['a decoder', { model, decoder: { type: 'WordPiece' } }, /decoder is not supported, got .*WordPiece/],
    ['dropout', { model: { ...model, dropout: 0.1 } }, /model\.dropout is not supported, got 0\.1/],
    ['a prefix', { model: { ...model, merges: [], continuing_subword_prefix: '##' } }, /got "##"/],
  ])('%s is refused by name', (_, json, message) => {
    expect(() => loadTokenizer(json)).toThrow(message);
  });
});
