/**
 * Text → tokens for the request types, exactly as lm-evaluation-harness 0.4 does it (`api/model.py`,
 * `TemplateLM._encode_pair`; `utils.py`, `get_rolling_token_windows`), so that numbers compare to the digit.
 */
import type { ScoreRow, TextCodec } from './language-model.ts';

export interface EncodedPair {
  /** Never empty: the end-of-text token stands before a text that has no context. */
  readonly context: readonly number[];
  /** Never empty. */
  readonly continuation: readonly number[];
}

/** White space as Python's `str.rstrip` sees it: JavaScript's, with \x1c–\x1f and \x85, without U+FEFF. */
const TRAILING_SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

/**
 * Tokens of a context and of what follows it. White space that ends the context moves to the continuation; the two are
 * tokenised as one text, and the continuation's tokens are those after as many as the context alone has.
 * @throws RangeError when nothing is left for the continuation.
 */
export function encodePair(tokenizer: TextCodec, context: string, continuation: string): EncodedPair {
  const kept = context.replace(TRAILING_SPACE, '');
  const following = context.slice(kept.length) + continuation;
  const contextTokens = kept === '' ? [] : tokenizer.encode(kept);
  const tokens = tokenizer.encode(kept + following).slice(contextTokens.length);
  if (tokens.length === 0) {
    throw new RangeError(
      `encodePair: the continuation has no tokens of its own, got ${JSON.stringify(continuation)}, expected text that tokenises apart from its context`,
    );
  }
  if (contextTokens.length > 0) return { context: contextTokens, continuation: tokens };
  return withPrefix(tokenizer.endOfText, tokens);
}

/** A text without context is predicted from end-of-text, or from its own first token if that is end-of-text. */
function withPrefix(prefix: number, tokens: readonly number[]): EncodedPair {
  if (tokens[0] === prefix && tokens.length > 1) return { context: [prefix], continuation: tokens.slice(1) };
  return { context: [prefix], continuation: tokens };
}

/**
 * The row that scores a pair: its last `contextLength + 1` tokens, context cut from the left.
 * @throws RangeError when the continuation alone is longer than `contextLength`.
 */
export function pairRow({ context, continuation }: EncodedPair, contextLength: number): ScoreRow {
  if (continuation.length > contextLength) {
    throw new RangeError(
      `pairRow: the continuation does not fit the model's context, got ${continuation.length} tokens, expected at most ${contextLength}`,
    );
  }
  return { tokens: [...context, ...continuation].slice(-(contextLength + 1)), scored: continuation.length };
}

/**
 * Rows that score every token of a text once: the first window begins with `prefix`, later ones with the token before
 * theirs; the last, partial window takes as much context as it can.
 */
export function rollingRows(
  tokens: readonly number[],
  prefix: number,
  contextLength: number,
): readonly ScoreRow[] {
  const rows: ScoreRow[] = [];
  for (let done = 0; done < tokens.length; done = rows.length * contextLength) {
    const end = Math.min(done + contextLength, tokens.length);
    const window =
      done === 0 ? [prefix, ...tokens.slice(0, end)] : tokens.slice(end - contextLength - 1, end);
    rows.push({ tokens: window, scored: end - done });
  }
  return rows;
}
