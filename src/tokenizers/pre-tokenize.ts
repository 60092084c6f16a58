/** Splitting text into the words that BPE works on, as the pre-tokenizers of Hugging Face tokenizers do. */
import { compilePattern, compileRegex } from './pattern.ts';
import { unsupported, type Component } from './tokenizer-json.ts';

/** `first`: the piece begins where the whole text begins. */
export type Splitter = (piece: string, first: boolean) => readonly string[];

export interface PreTokenizer {
  readonly split: Splitter;
  /** Whether words are to be read as UTF-8 bytes in the byte alphabet. */
  readonly byteLevel: boolean;
}

const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** GPT-2's words: contractions, letters, numbers and punctuation with one leading space, and white space. */
export const splitGpt2: (text: string) => readonly string[] = matcher(compileRegex(GPT2_PATTERN));

/** @throws TokenizerFormatError naming a pre-tokenizer, or an option of one, that is not known here. */
export function preTokenizerOf(config: Component): PreTokenizer {
  if (config === null) return { split: (text) => [text], byteLevel: false };
  if (config.type !== 'Sequence')
    return { split: splitterOf(config), byteLevel: config.type === 'ByteLevel' };
  if (!Array.isArray(config.pretokenizers)) throw unsupported('pre_tokenizer', config);
  const parts = config.pretokenizers as NonNullable<Component>[];
  const byteLevel = parts.findIndex(({ type }) => type === 'ByteLevel');
  // What comes after it would split bytes, not characters.
  if (byteLevel >= 0 && byteLevel < parts.length - 1) throw unsupported('pre_tokenizer', config);
  const splitters = parts.map(splitterOf);
  const split: Splitter = (text, first) =>
    splitters.reduce<readonly string[]>(
      (pieces, splitter) => pieces.flatMap((piece, at) => splitter(piece, first && at === 0)),
      [text],
    );
  return { split, byteLevel: byteLevel >= 0 };
}

function splitterOf(config: NonNullable<Component>): Splitter {
  switch (config.type) {
    case 'ByteLevel': {
      const words: Splitter = config.use_regex === false ? (text) => [text] : splitGpt2;
      if (config.add_prefix_space === false) return words;
      return (text, first) => words(text.startsWith(' ') ? text : ` ${text}`, first);
    }
    case 'Split':
      return split(config);
    case 'Digits':
      return isolator(
        compileRegex(config.individual_digits === true ? String.raw`\p{N}` : String.raw`\p{N}+`),
      );
    case 'Metaspace':
      return metaspace(config);
    default:
      throw unsupported('pre_tokenizer', config);
  }
}

/** Split whose matches are the words: Isolated keeps what lies between them too, inverted Removed drops it. */
function split(config: NonNullable<Component>): Splitter {
  const pattern = compilePattern(config.pattern, 'pre_tokenizer.pattern');
  const invert = config.invert === true;
  if (config.behavior === 'Isolated') return isolator(pattern);
  if (config.behavior === 'Removed')
    return invert ? matcher(pattern) : (text) => text.split(pattern).filter(Boolean);
  if (config.behavior === 'MergedWithNext' && !invert) return beginner(pattern);
  throw unsupported('pre_tokenizer', config);
}

/** Spaces become a visible character that words begin with. */
function metaspace(config: NonNullable<Component>): Splitter {
  const { replacement } = config;
  // Older files say `add_prefix_space` for always or never.
  const scheme = config.prepend_scheme ?? (config.add_prefix_space === false ? 'never' : 'always');
  if (typeof replacement !== 'string' || !['always', 'first', 'never'].includes(scheme as string))
    throw unsupported('pre_tokenizer', config);
  const words =
    config.split === false ? null : beginner(compilePattern({ String: replacement }, 'replacement'));
  return (text, first) => {
    const replaced = text.replaceAll(' ', () => replacement);
    const prepend = scheme === 'always' || (scheme === 'first' && first);
    const whole = prepend && !replaced.startsWith(replacement) ? replacement + replaced : replaced;
    return words === null ? [whole] : words(whole, first);
  };
}

function matcher(pattern: RegExp): (text: string) => readonly string[] {
  return (text) => text.match(pattern)?.filter(Boolean) ?? [];
}

function isolator(pattern: RegExp): Splitter {
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

/** A match and what follows it is one word. */
function beginner(pattern: RegExp): Splitter {
  return (text) => {
    const starts = [...text.matchAll(pattern)].map(({ index }) => index).filter((index) => index > 0);
    return [0, ...starts].map((start, at) => text.slice(start, starts[at])).filter(Boolean);
  };
}
