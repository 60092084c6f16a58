/** Finding added tokens in text: leftmost first, longest of those, as the Aho–Corasick search of the Rust library. */
import { escapeRegex } from './pattern.ts';
import type { AddedToken } from './tokenizer-json.ts';

/** A stretch of text with its place, or an added token found in it. */
export type Section = { readonly text: string; readonly start: number } | AddedToken;

export type SectionSplitter = (text: string) => readonly Section[];

/** Rust's `\w`, at the end and at the beginning of a text. */
const WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'u');
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, 'u');
const SPACE_AT_START = /^\p{White_Space}*/u;

/** A splitter at these tokens. `spell` gives how a token looks in the text that will be searched. */
export function splitterAt(
  tokens: readonly AddedToken[],
  spell: (content: string) => string = (content) => content,
): SectionSplitter {
  if (tokens.length === 0) return (text) => [{ text, start: 0 }];
  const bySpelling = new Map(tokens.map((token) => [spell(token.content), token]));
  const spellings = [...bySpelling.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(spellings.map(escapeRegex).join('|'), 'gu');
  return (text) => {
    const sections: Section[] = [];
    let end = 0;
    for (const { 0: match, index } of text.matchAll(pattern)) {
      const token = bySpelling.get(match)!;
      let start = index;
      let stop = index + match.length;
      if (token.single_word && !standsAlone(text, start, stop)) continue;
      if (token.lstrip) start = Math.max(end, spaceBefore(text, start));
      if (token.rstrip) stop += SPACE_AT_START.exec(text.slice(stop))![0].length;
      if (start > end) sections.push({ text: text.slice(end, start), start: end });
      sections.push(token);
      end = stop;
    }
    if (end < text.length) sections.push({ text: text.slice(end), start: end });
    return sections;
  };
}

function standsAlone(text: string, start: number, stop: number): boolean {
  // Two units are enough for any character, and a long text is not copied.
  return (
    !ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) &&
    !STARTS_WITH_WORD.test(text.slice(stop, stop + 2))
  );
}

/** Where the white space that ends at `end` begins. */
function spaceBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && /^\p{White_Space}$/u.test(text[start - 1]!)) start--;
  return start;
}
