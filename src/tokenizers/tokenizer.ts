/** Loading a tokenizer.json: text ↔ ids. */
import { BpeCodec } from './bpe-codec.ts';
import { END_OF_TEXT } from './byte-level-bpe-trainer.ts';
import {
  parseTokenizerJson,
  TokenizerFormatError,
  type BpeModel,
  type TokenizerJson,
} from './tokenizer-json.ts';
import { wellFormed } from './well-formed.ts';

export interface Tokenizer {
  /** One more than the largest id: the rows an embedding must have at least. */
  readonly vocabularySize: number;
  /** Id of the token that ends a document, or null when the file has none. */
  readonly endOfText: number | null;
  /**
   * Ids of a text; none are added at its ends. Half surrogates count as U+FFFD. The names of special tokens in the
   * text become those tokens, unless `specialTokens` is `'text'`: for text from strangers and for training corpora.
   */
  encode(text: string, options?: { readonly specialTokens?: 'tokens' | 'text' }): Int32Array;
  /** Text of ids, special tokens included. @throws RangeError on an id outside the vocabulary. */
  decode(ids: ArrayLike<number>): string;
  /** One token as text to look at; bytes that are only part of a character are written `<0xE2>`. */
  piece(id: number): string;
}

/** The part of a tokenizer_config.json that matters here. */
export interface TokenizerConfig {
  readonly eos_token?: string | { readonly content: string } | null;
}

/**
 * Load a tokenizer from a parsed tokenizer.json or its text. The config's `eos_token` names the end of text; `<|endoftext|>` otherwise.
 * @throws TokenizerFormatError when the file is malformed or of a kind that cannot be loaded.
 */
export function loadTokenizer(source: unknown, config: TokenizerConfig = {}): Tokenizer {
  const json = parseTokenizerJson(source);
  const idOf = vocabularyOf(json);
  if (json.model.type !== 'BPE')
    throw new TokenizerFormatError(
      `tokenizer.json: model.type is not supported, got ${json.model.type}, expected BPE, as the models that can be loaded here have`,
    );
  const codec = codecOf(json, json.model);
  const vocabularySize = largest(idOf.values()) + 1;
  const eos = typeof config.eos_token === 'object' ? config.eos_token?.content : config.eos_token;
  const checked = (id: number): number => {
    if (Number.isInteger(id) && id >= 0 && id < vocabularySize) return id;
    throw new RangeError(
      `decode: token id outside the vocabulary, got ${id}, expected an integer from 0 to ${vocabularySize - 1}`,
    );
  };
  return {
    vocabularySize,
    endOfText: idOf.get(eos ?? END_OF_TEXT) ?? null,
    encode: (text, options) =>
      Int32Array.from(codec.encode(wellFormed(text), options?.specialTokens !== 'text')),
    decode(ids) {
      for (let i = 0; i < ids.length; i++) checked(ids[i]!);
      return codec.decode(ids);
    },
    piece: (id) => codec.piece(checked(id)),
  };
}

function codecOf(json: TokenizerJson, model: BpeModel): BpeCodec {
  try {
    return new BpeCodec(json, model);
  } catch (error) {
    if (error instanceof TokenizerFormatError) throw error;
    // Components nested too deep for the stack, a pattern too large for the engine.
    throw new TokenizerFormatError(`tokenizer.json: cannot be used (${(error as Error).message})`, {
      cause: error,
    });
  }
}

function vocabularyOf(json: TokenizerJson): Map<string, number> {
  const vocab = json.model.vocab;
  const entries: [string, number][] = Array.isArray(vocab)
    ? vocab.map((entry, id) => [String((entry as readonly unknown[])[0]), id])
    : Object.entries((vocab ?? {}) as Record<string, number>);
  const idOf = new Map(entries);
  for (const token of json.added_tokens) idOf.set(token.content, token.id);
  if (idOf.size === 0)
    throw new TokenizerFormatError('tokenizer.json: model.vocab is empty, expected at least one token');
  return idOf;
}

function largest(values: Iterable<number>): number {
  let most = -1;
  for (const value of values) if (value > most) most = value;
  return most;
}
