/**
 * Text ↔ ids for BPE tokenizers (GPT-2, Pythia, OLMo, Llama, our own), with ids equal to the Rust library's: added tokens
 * are found in the text, what lies between is normalized, split into words, and merged word by word.
 */
import { splitterAt, type Section, type SectionSplitter } from './added-tokens.ts';
import { BpeEncoder } from './bpe-encoder.ts';
import { tokenBytes } from './byte-alphabet.ts';
import { decoderOf } from './decoders.ts';
import { normalizerOf, type Normalizer } from './normalizers.ts';
import { preTokenizerOf, type Splitter } from './pre-tokenize.ts';
import type { AddedToken, BpeModel, TokenizerJson } from './tokenizer-json.ts';
import { cutterOf } from './word-cuts.ts';

interface Finders {
  readonly exact: SectionSplitter;
  /** At tokens that are looked for in normalized text. */
  readonly normalized: SectionSplitter;
}

export class BpeCodec {
  private readonly tokens: (string | undefined)[] = [];
  private readonly normalize: Normalizer;
  private readonly split: Splitter;
  private readonly cut: ((text: string) => readonly string[]) | null;
  private readonly encoder: BpeEncoder;
  private readonly all: Finders;
  private readonly withoutSpecials: Finders;
  private readonly toText: (ids: ArrayLike<number>) => string;

  /** @throws TokenizerFormatError naming what of the file is not known here */
  constructor(
    json: TokenizerJson,
    private readonly model: BpeModel,
  ) {
    for (const [token, id] of Object.entries(model.vocab)) this.tokens[id] = token;
    for (const token of json.added_tokens) this.tokens[token.id] = token.content;
    this.normalize = normalizerOf(json.normalizer);
    const { split, byteLevel } = preTokenizerOf(json.pre_tokenizer);
    this.split = split;
    this.cut = byteLevel ? null : cutterOf(model);
    this.encoder = new BpeEncoder(model, byteLevel);
    this.all = this.findersOf(json.added_tokens);
    this.withoutSpecials = this.findersOf(json.added_tokens.filter((token) => !token.special));
    this.toText = json.decoder?.type === 'ByteLevel' ? this.bytesDecoder() : this.chainDecoder(json.decoder);
  }

  /** Ids of a well-formed text. With `specials` false the names of special tokens are plain text. */
  encode(text: string, specials: boolean): number[] {
    const { exact, normalized } = specials ? this.all : this.withoutSpecials;
    const out: number[] = [];
    for (const section of exact(text)) {
      if (isToken(section)) out.push(section.id);
      else this.encodeNormalized(normalized(this.normalize(section.text)), section.start === 0, out);
    }
    return out;
  }

  /** Text of ids; ids without a token stand for nothing. */
  decode(ids: ArrayLike<number>): string {
    return ids.length === 0 ? '' : this.toText(ids);
  }

  /** One token as text to look at: bytes that are only part of a character are written `<0xE2>`. */
  piece(id: number): string {
    const token = this.tokens[id] ?? '';
    return this.model.byte_fallback || token.includes('\u2581')
      ? token.replaceAll('\u2581', ' ')
      : visibleBytes(tokenBytes(token));
  }

  private encodeNormalized(sections: readonly Section[], first: boolean, out: number[]): void {
    for (const section of sections) {
      if (isToken(section)) {
        out.push(section.id);
        continue;
      }
      for (const word of this.split(section.text, first && section.start === 0)) {
        if (this.cut === null) this.encoder.encodeWord(word, out);
        else for (const piece of this.cut(word)) this.encoder.encodeWord(piece, out);
      }
    }
  }

  private findersOf(added: readonly AddedToken[]): Finders {
    return {
      exact: splitterAt(added.filter((token) => !token.normalized)),
      normalized: splitterAt(
        added.filter((token) => token.normalized),
        this.normalize,
      ),
    };
  }

  private chainDecoder(config: TokenizerJson['decoder']): (ids: ArrayLike<number>) => string {
    const decode = decoderOf(config);
    return (ids) => decode(Array.from(ids, (id) => this.tokens[id]).filter((token) => token !== undefined));
  }

  /** Bytes that are not UTF-8 become U+FFFD. */
  private bytesDecoder(): (ids: ArrayLike<number>) => string {
    const bytes = this.tokens.map((token) => (token === undefined ? undefined : tokenBytes(token)));
    return (ids) => {
      let length = 0;
      for (let i = 0; i < ids.length; i++) length += bytes[ids[i]!]?.length ?? 0;
      const all = new Uint8Array(length);
      let end = 0;
      for (let i = 0; i < ids.length; i++) {
        const own = bytes[ids[i]!];
        if (own === undefined) continue;
        all.set(own, end);
        end += own.length;
      }
      return utf8.decode(all);
    };
  }
}

/** The byte-order mark is text here: a decoder that dropped it would not return what was encoded. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function isToken(section: Section): section is AddedToken {
  return 'id' in section;
}

function visibleBytes(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  if (!text.includes('\ufffd')) return text;
  return Array.from(bytes, (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : `<0x${byte.toString(16).toUpperCase()}>`,
  ).join('');
}
