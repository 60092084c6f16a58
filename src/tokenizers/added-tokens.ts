/** Finding added tokens in text: leftmost first, longest of those, as the Aho–Corasick search of the Rust library. */
import type { AddedToken } from './tokenizer-json.ts';

/** A stretch of text, or an added token found in it. */
export type Section = string | AddedToken;

export type SectionSplitter = (text: string) => readonly Section[];

/** A splitter at these tokens. `spell` gives how a token looks in the text that will be searched. */
export function splitterAt(
  tokens: readonly AddedToken[],
  spell: (content: string) => string = (content) => content,
): SectionSplitter {
  if (tokens.length === 0) return (text) => [text];
  const bySpelling = new Map(tokens.map((token) => [spell(token.content), token]));
  const spellings = [...bySpelling.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(spellings.map(escape).join('|'), 'gu');
  return (text) => {
    const sections: Section[] = [];
    let end = 0;
    for (const match of text.matchAll(pattern)) {
      if (match.index > end) sections.push(text.slice(end, match.index));
      sections.push(bySpelling.get(match[0])!);
      end = match.index + match[0].length;
    }
    if (end < text.length) sections.push(text.slice(end));
    return sections;
  };
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
