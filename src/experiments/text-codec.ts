/** A tokenizer as evaluation reads it: text from strangers is text, whatever special tokens it names. */
import type { TextCodec } from '../evaluation/language-model.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';

export function textCodec(tokenizer: Tokenizer): TextCodec {
  const { endOfText } = tokenizer;
  if (endOfText === null)
    throw new RangeError('tokenizer: it names no end-of-text token, which prompts and answers need');
  return {
    encode: (text) => Array.from(tokenizer.encode(text, { specialTokens: 'text' })),
    decode: (tokens) => tokenizer.decode(tokens),
    endOfText,
  };
}
