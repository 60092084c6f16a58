/**
 * Patterns of tokenizer.json as JavaScript regular expressions. Theirs are Oniguruma's: `\s` is Unicode's White_Space,
 * while JavaScript's `\s` adds U+FEFF and lacks U+0085, so every `\s` and `\S` is rewritten.
 */
import { TokenizerFormatError } from './tokenizer-json.ts';

/** Inline flags on one group arrive in JavaScript only now; this is the one use of them in published tokenizers. */
const CONTRACTIONS = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
/** Oniguruma folds ſ (U+017F) to s; so does the JavaScript `i` flag with `u`. */
const CONTRACTIONS_SPELT_OUT = `(?:'[sS\u017f]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`;

export function compileRegex(source: string): RegExp {
  return new RegExp(
    source
      .replace(CONTRACTIONS, CONTRACTIONS_SPELT_OUT)
      .replaceAll(String.raw`\s`, String.raw`\p{White_Space}`)
      .replaceAll(String.raw`\S`, String.raw`\P{White_Space}`),
    'gu',
  );
}

/** A `{"String": …}` or `{"Regex": …}`. @throws TokenizerFormatError on a pattern that JavaScript cannot match. */
export function compilePattern(pattern: unknown, field: string): RegExp {
  const { String: text, Regex: source } = (pattern ?? {}) as { String?: unknown; Regex?: unknown };
  if (typeof text === 'string') return new RegExp(escapeRegex(text), 'gu');
  try {
    if (typeof source === 'string') {
      requireNoNestedRepetition(source);
      return compileRegex(source);
    }
  } catch (error) {
    throw new TokenizerFormatError(
      `tokenizer.json: ${field} is a pattern that cannot be used here (${(error as Error).message}), got ${JSON.stringify(source)}`,
      { cause: error },
    );
  }
  throw new TokenizerFormatError(
    `tokenizer.json: ${field} is wrong, got ${JSON.stringify(pattern)}, expected {"String": …} or {"Regex": …}`,
  );
}

export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

/**
 * A repetition of something that itself can match in several ways takes exponential time where it fails: a file from a
 * stranger must not hang the tab. No published tokenizer has one.
 */
function requireNoNestedRepetition(source: string): void {
  const open: boolean[] = []; // for each group, whether what is in it can match in several ways
  const tokens = source.matchAll(
    /\\.|\[(?:\\.|[^\]\\])*\]|\(\?[:=!<a-z-]*|\)[*+]|\)\{\d+,\d*\}|\)|[*+?|(]|\{\d+,\d*\}/gsu,
  );
  for (const [token] of tokens) {
    if (token.startsWith('(')) open.push(false);
    else if (token.startsWith(')')) {
      const ambiguous = open.pop() ?? false;
      if (ambiguous && token.length > 1) throw new SyntaxError('a repetition within a repetition');
      if (open.length > 0 && (ambiguous || token.length > 1)) open[open.length - 1] = true;
    } else if (!token.startsWith('\\') && !token.startsWith('[') && open.length > 0)
      open[open.length - 1] = true;
  }
}
