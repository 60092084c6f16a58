/**
 * Cutting a text that BPE takes as one word (SentencePiece-style models have no pre-tokenizer) into pieces that give the
 * same ids: between two characters that no merge ever joins. The pieces are words, more or less, and repeat themselves.
 */
import { mergeParts, type BpeModel } from './tokenizer-json.ts';

/** Pairs of code points are map keys: left · 2²¹ + right. */
const PAIR_BASE = 2 ** 21;

/** A splitter whose pieces join to the text, or null where cutting could change ids. */
export function cutterOf(model: BpeModel): ((text: string) => readonly string[]) | null {
  // A vocabulary that knows whole sequences, or merges bytes of unknown characters, sees across any cut.
  const parts = model.merges.map(mergeParts);
  if (model.ignore_merges || parts.some((pair) => pair.some((part) => /^<0x[0-9A-F]{2}>$/u.test(part))))
    return null;
  const joined = new Set<number>();
  for (const [left, right] of parts) joined.add(lastCodePoint(left) * PAIR_BASE + right.codePointAt(0)!);
  const known = new Set<number>();
  for (const token of Object.keys(model.vocab)) {
    const code = token.codePointAt(0);
    if (code !== undefined && token.length === (code > 0xffff ? 2 : 1)) known.add(code);
  }
  return (text) => {
    const pieces: string[] = [];
    let start = 0;
    let before = -1;
    for (let at = 0; at < text.length;) {
      const code = text.codePointAt(at)!;
      // Unknown characters next to each other may become one token: no cut beside them.
      if (before >= 0 && !joined.has(before * PAIR_BASE + code) && known.has(code) && known.has(before)) {
        pieces.push(text.slice(start, at));
        start = at;
      }
      before = code;
      at += code > 0xffff ? 2 : 1;
    }
    if (start < text.length) pieces.push(text.slice(start));
    return pieces;
  };
}

function lastCodePoint(text: string): number {
  return Array.from(text).at(-1)!.codePointAt(0)!;
}
