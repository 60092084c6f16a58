/**
 * Splitting text into the words that byte-level BPE works on, as the pre-tokenizers of Hugging Face tokenizers do.
 *
 * Their regular expressions are Oniguruma's: `\s` there is Unicode's White_Space, while JavaScript's `\s` adds U+FEFF
 * and lacks U+0085. Every `\s` and `\S` is therefore rewritten before it is compiled.
 */
import type { TokenizerJson } from './tokenizer-json.ts';

export type Splitter = (text: string) => readonly string[];

const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
/** Inline flags on one group arrive in JavaScript only now; this is the one use of them in published byte-level tokenizers. */
const CONTRACTIONS = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
/** Oniguruma folds ſ (U+017F) to s; so does the JavaScript `i` flag with `u`. */
const CONTRACTIONS_SPELT_OUT = `(?:'[sS\u017f]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`;

/** GPT-2's words: contractions, letters, numbers and punctuation with one leading space, and white space. */
export const splitGpt2: Splitter = matcher(GPT2_PATTERN);

/** The splitter of a file's `pre_tokenizer`, or null when it is not one that ends in ByteLevel and is known exactly. */
export function byteLevelSplitter(preTokenizer: TokenizerJson['pre_tokenizer']): Splitter | null {
  if (preTokenizer === null) return null;
  if (preTokenizer.type === 'ByteLevel') return byteLevel(preTokenizer);
  if (preTokenizer.type !== 'Sequence' || !Array.isArray(preTokenizer.pretokenizers)) return null;
  const parts = preTokenizer.pretokenizers as NonNullable<TokenizerJson['pre_tokenizer']>[];
  if (parts.at(-1)?.type !== 'ByteLevel') return null;
  const splitters = parts.map((part) =>
    part.type === 'ByteLevel'
      ? byteLevel(part)
      : part.type === 'Split'
        ? split(part)
        : part.type === 'Digits'
          ? digits(part)
          : null,
  );
  if (!splitters.every((splitter) => splitter !== null)) return null;
  return (text) =>
    splitters.reduce<readonly string[]>((pieces, splitter) => pieces.flatMap(splitter), [text]);
}

function byteLevel(config: Record<string, unknown>): Splitter | null {
  if (config.add_prefix_space !== false) return null;
  return config.use_regex === false ? (text) => [text] : splitGpt2;
}

/** Split whose matches are the words: Isolated keeps what lies between them too, inverted Removed drops it. */
function split(config: Record<string, unknown>): Splitter | null {
  const source = (config.pattern as { Regex?: unknown } | undefined)?.Regex;
  if (typeof source !== 'string') return null;
  const isolated = config.behavior === 'Isolated' && config.invert !== true;
  const removed = config.behavior === 'Removed' && config.invert === true;
  if (!isolated && !removed) return null;
  try {
    return isolated ? isolator(source) : matcher(source);
  } catch {
    // A construct of Oniguruma that JavaScript lacks: the caller falls back to the package's own rewriting.
    return null;
  }
}

function digits(config: Record<string, unknown>): Splitter {
  return isolator(config.individual_digits === true ? String.raw`\p{N}` : String.raw`\p{N}+`);
}

function matcher(source: string): Splitter {
  const pattern = compile(source);
  return (text) => text.match(pattern) ?? [];
}

function isolator(source: string): Splitter {
  const pattern = compile(source);
  return (text) => {
    const pieces: string[] = [];
    let end = 0;
    for (const match of text.matchAll(pattern)) {
      if (match[0] === '') continue;
      if (match.index > end) pieces.push(text.slice(end, match.index));
      pieces.push(match[0]);
      end = match.index + match[0].length;
    }
    if (end < text.length) pieces.push(text.slice(end));
    return pieces;
  };
}

function compile(source: string): RegExp {
  return new RegExp(
    source
      .replace(CONTRACTIONS, CONTRACTIONS_SPELT_OUT)
      .replaceAll(String.raw`\s`, String.raw`\p{White_Space}`)
      .replaceAll(String.raw`\S`, String.raw`\P{White_Space}`),
    'gu',
  );
}
