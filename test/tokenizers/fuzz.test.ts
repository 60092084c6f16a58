/** Mutated tokenizer files: one that loads encodes and decodes within its vocabulary, any other says what is wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trainByteLevelBpe } from '../../src/tokenizers/byte-level-bpe-trainer.ts';
import { TokenizerFormatError } from '../../src/tokenizers/tokenizer-json.ts';
import { loadTokenizer } from '../../src/tokenizers/tokenizer.ts';
import { fuzzRuns, mutated } from '../checkpoints/mutations.ts';

const text = "It's 1859, isn't it?\n\n  naïve café 👍🏽 <s>\u0085\ufeff <|endoftext|>" + ' aaaa'.repeat(200);
const byteLevel = await trainByteLevelBpe([text], { vocabularySize: 280 });
/** Small, and with every kind of component. */
const characters = {
  added_tokens: [
    { id: 0, content: '<unk>', special: true },
    { id: 1, content: '<s>', special: true, lstrip: true },
    { id: 2, content: 'it', single_word: true, normalized: true },
  ],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'NFC' },
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { Regex: ' +' }, content: '▁' },
    ],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      {
        type: 'Split',
        pattern: { Regex: String.raw`\p{N}{1,3}|\s+(?!\S)` },
        behavior: 'Isolated',
        invert: false,
      },
      { type: 'Digits', individual_digits: true },
      { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
    ],
  },
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    byte_fallback: true,
    fuse_unk: true,
    vocab: Object.fromEntries(
      ['<unk>', '<s>', 'it', '▁', 'a', 'i', 't', 's', 'n', '▁a', '▁i', '<0xC3>', '<0xA9>', 'aa'].map(
        (token, id) => [token, id],
      ),
    ),
    merges: ['▁ a', '▁ i', 'i t', 'a a'],
  },
};

/** Loads, or refuses by the one error; what loads is used. */
function survive(source: unknown): void {
  let tokenizer;
  try {
    tokenizer = loadTokenizer(source);
  } catch (error) {
    expect(error).toBeInstanceOf(TokenizerFormatError);
    expect((error as Error).message).toMatch(/^tokenizer\.json: /);
    return;
  }
  const { vocabularySize } = tokenizer;
  expect(vocabularySize).toBeLessThanOrEqual(2 ** 21);
  const ids = tokenizer.encode(text);
  // Every character may become its bytes, a prepended sign and an unknown token; a normalizer may write 100 for one.
  expect(ids.length).toBeLessThan(200 * text.length);
  expect(ids.every((id) => id >= 0 && id < vocabularySize)).toBe(true);
  expect(typeof tokenizer.decode(ids)).toBe('string');
  tokenizer.piece(vocabularySize - 1);
}

/** Another value for one place of a JSON tree, or that place gone, or moved elsewhere. */
const upsetting = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    0.5,
    2 ** 31,
    1e300,
    '',
    ' ',
    '▁',
    '\ud800',
    '(',
    '(a*)*',
    '(?<x',
    [],
    {},
    [[]],
    '__proto__',
  ),
  fc.constantFrom(
    'BPE',
    'Unigram',
    'ByteLevel',
    'Metaspace',
    'Sequence',
    'Digits',
    'Split',
    'NFC',
    'Replace',
    'Removed',
    'always',
  ),
  fc.string({ maxLength: 8, unit: 'binary' }),
);

type Tree = Record<string, unknown>;

function changed(tree: unknown, path: readonly number[], value: unknown, remove: boolean): unknown {
  const copy = structuredClone(tree) as Tree;
  let at = copy;
  for (const step of path) {
    const keys = Object.keys(at);
    if (keys.length === 0) break;
    const key = keys[step % keys.length]!;
    const inner = at[key];
    if (typeof inner === 'object' && inner !== null && step % 7 !== 0) {
      at = inner as Tree;
      continue;
    }
    if (!remove) at[key] = value;
    else if (Array.isArray(at)) at.splice(Number(key), 1);
    else delete at[key];
    break;
  }
  return copy;
}

const treeMutations = fc.array(
  fc.tuple(fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 6 }), upsetting, fc.boolean()),
  { minLength: 1, maxLength: 3 },
);

describe.each([
  ['byte-level', byteLevel],
  ['SentencePiece-like', characters],
])('a %s tokenizer.json', (_, json) => {
  it('survives other values, missing fields and other types', () => {
    const property = fc.property(treeMutations, (mutations) => {
      survive(mutations.reduce<unknown>((tree, mutation) => changed(tree, ...mutation), json));
    });
    fc.assert(property, { seed: 20, numRuns: fuzzRuns });
  });

  it('survives changed bytes', () => {
    const bytes = new TextEncoder().encode(JSON.stringify(json));
    const property = fc.property(mutated(bytes), (mutant) => survive(new TextDecoder().decode(mutant)));
    fc.assert(property, { seed: 21, numRuns: fuzzRuns });
  });
});

describe('a tokenizer.json made to harm', () => {
  const component = (depth: number): string =>
    `${'{"type":"Sequence","normalizers":['.repeat(depth)}{"type":"NFC"}${']}'.repeat(depth)}`;
  it.each([
    [
      'components nested a hundred thousand deep',
      `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":${component(100_000)}}`,
    ],
    ['brackets without end', '['.repeat(1_000_000)],
    [
      'an id that would need a table of gigabytes',
      '{"model":{"type":"BPE","vocab":{"a":2147483647},"merges":[]}}',
    ],
    [
      'a pattern that takes exponential time',
      String.raw`{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"((?:a?){1,50}a)+$"},"behavior":"Isolated"}}`,
    ],
  ])('is refused: %s', (_, source) => {
    expect(() => loadTokenizer(source)).toThrow(TokenizerFormatError);
  });
});
