/** A tokenizer.json like Llama 2's: characters, `▁` for a space, and bytes for characters that are not in the vocabulary. */
import { MergeLearner } from '../../src/tokenizers/bpe-merges.ts';

export type Json = Record<string, unknown>;

export const prose = `The whale 1234 swam; it's the whale's sea. naïve café — THE END, don't we'll see 2024 ways of   seeing\n\n`;

/** Its model, learned from `prose`. */
export function characterModel(change: Json = {}): Json {
  const words = prose
    .repeat(2)
    .split(' ')
    .map((word) => `▁${word}`);
  const characters = [...new Set(['▁', ...words.join('')])];
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...characters];
  const ids = words.map((word) => Array.from(word, (character) => tokens.indexOf(character)));
  const learner = new MergeLearner(
    ids.map((own) => ({ ids: own, count: 1 })),
    tokens,
  );
  for (let i = 0; i < 120; i++) learner.learnNext();
  const space = tokens.push('▁▁') - 1; // runs of spaces, as Llama's vocabulary has them
  const merges = [...learner.ranked(), { left: tokens.indexOf('▁'), right: tokens.indexOf('▁'), id: space }];
  return {
    type: 'BPE',
    dropout: null,
    unk_token: '<unk>',
    fuse_unk: true,
    byte_fallback: true,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges: merges.map(({ left, right }) => `${tokens[left]} ${tokens[right]}`),
    ...change,
  };
}

const special = ['<unk>', '<s>', '</s>'].map((content, id) => added(content, id, { special: true }));
/** As files of transformers 4 have it, without the template that puts `<s>` before a text. */
export const llamaTokenizer = {
  added_tokens: special,
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    ],
  },
  pre_tokenizer: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: characterModel(),
};

export function added(content: string, id: number, flags: Json = {}): Json {
  const none = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };
  return { id, content, ...none, ...flags };
}
