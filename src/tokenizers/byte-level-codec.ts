/**
 * Text ↔ ids for tokenizers of the byte-level BPE kind (GPT-2, Pythia, OLMo, our own), with ids equal to the Rust
 * library's. Faster than the general package by its word cache, and exact where that differs (see docs/data.md).
 */
import { splitterAt, type SectionSplitter } from './added-tokens.ts';
import { BpeEncoder } from './bpe-encoder.ts';
import { tokenBytes } from './byte-alphabet.ts';
import { byteLevelSplitter, type Splitter } from './pre-tokenize.ts';
import type { AddedToken, BpeModel, TokenizerJson } from './tokenizer-json.ts';

type Normalizer = (text: string) => string;

export class ByteLevelCodec {
  /** Bytes of each id; undefined where the vocabulary has a hole. */
  private readonly bytes: (Uint8Array | undefined)[] = [];
  private readonly splitExact: SectionSplitter;
  private readonly splitExactNonSpecial: SectionSplitter;
  private readonly splitNormalized: SectionSplitter;
  private readonly splitNormalizedNonSpecial: SectionSplitter;
  /** The byte-order mark is text here: a decoder that dropped it would not return what was encoded. */
  private readonly utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

  private constructor(
    model: BpeModel,
    added: readonly AddedToken[],
    private readonly encoder: BpeEncoder,
    private readonly normalize: Normalizer,
    private readonly split: Splitter,
  ) {
    for (const [token, id] of Object.entries(model.vocab)) this.bytes[id] = tokenBytes(token);
    for (const token of added) this.bytes[token.id] = tokenBytes(token.content);
    const exact = added.filter((token) => !token.normalized);
    const normalized = added.filter((token) => token.normalized);
    const plain = (token: AddedToken): boolean => !token.special;
    this.splitExact = splitterAt(exact);
    this.splitExactNonSpecial = splitterAt(exact.filter(plain));
    this.splitNormalized = splitterAt(normalized, normalize);
    this.splitNormalizedNonSpecial = splitterAt(normalized.filter(plain), normalize);
  }

  /** The codec of a tokenizer.json, or null when the file asks for anything that this codec does not do exactly. */
  static of(json: TokenizerJson): ByteLevelCodec | null {
    if (json.model.type !== 'BPE' || json.decoder?.type !== 'ByteLevel') return null;
    const model = json.model;
    const split = byteLevelSplitter(json.pre_tokenizer);
    const normalize = normalizerOf(json.normalizer);
    const simple = json.added_tokens.every((token) => !token.single_word && !token.lstrip && !token.rstrip);
    if (split === null || normalize === null || !simple || !BpeEncoder.canEncode(model)) return null;
    return new ByteLevelCodec(model, json.added_tokens, new BpeEncoder(model), normalize, split);
  }

  /** Ids of a well-formed text. With `specials` false the names of special tokens are plain text. */
  encode(text: string, specials: boolean): number[] {
    const out: number[] = [];
    for (const section of specials ? this.splitExact(text) : this.splitExactNonSpecial(text)) {
      if (typeof section !== 'string') {
        out.push(section.id);
        continue;
      }
      const normalized = this.normalize(section);
      for (const part of specials
        ? this.splitNormalized(normalized)
        : this.splitNormalizedNonSpecial(normalized)) {
        if (typeof part !== 'string') out.push(part.id);
        else for (const word of this.split(part)) this.encoder.encodeWord(word, out);
      }
    }
    return out;
  }

  /** Text of ids; bytes that are not UTF-8 become U+FFFD. Ids without a token stand for nothing. */
  decode(ids: ArrayLike<number>): string {
    let length = 0;
    for (let i = 0; i < ids.length; i++) length += this.bytes[ids[i]!]?.length ?? 0;
    const all = new Uint8Array(length);
    let end = 0;
    for (let i = 0; i < ids.length; i++) {
      const bytes = this.bytes[ids[i]!];
      if (bytes === undefined) continue;
      all.set(bytes, end);
      end += bytes.length;
    }
    return this.utf8.decode(all);
  }

  /** One token as text to look at: bytes that are only part of a character are written `<0xE2>`. */
  piece(id: number): string {
    const bytes = this.bytes[id];
    if (bytes === undefined) return '';
    const text = this.utf8.decode(bytes);
    if (!text.includes('\ufffd')) return text;
    return Array.from(bytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : `<0x${byte.toString(16).toUpperCase()}>`,
    ).join('');
  }
}

function normalizerOf(normalizer: TokenizerJson['normalizer']): Normalizer | null {
  if (normalizer === null) return (text) => text;
  if (normalizer.type === 'NFC') return (text) => text.normalize('NFC');
  return null;
}
