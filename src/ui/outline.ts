/** The outline of a notebook: the Markdown headings of its text cells. */
import type { Notebook } from '../notebook/notebook.ts';

export interface OutlineEntry {
  /** Cell to go to. */
  readonly cell: number;
  /** 1 for `#`, 6 for `######`. */
  readonly level: number;
  readonly text: string;
}

/** ATX headings outside fenced code, with emphasis, code and link marks taken off. */
export function outlineOf(notebook: Notebook): readonly OutlineEntry[] {
  return notebook.cells
    .filter((cell) => cell.kind === 'md')
    .flatMap((cell) => headings(cell.source, cell.id));
}

function headings(source: string, cell: number): OutlineEntry[] {
  const entries: OutlineEntry[] = [];
  let fence: string | null = null;
  for (const line of source.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark) {
      if (fence === null) fence = mark;
      else if (mark.startsWith(fence)) fence = null;
      continue;
    }
    const heading = fence === null ? /^ {0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$/.exec(line) : null;
    if (heading) entries.push({ cell, level: heading[1]!.length, text: plainText(heading[2]!) });
  }
  return entries;
}

function plainText(markdown: string): string {
  return markdown.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[*`]|(?<!\w)_|_(?!\w)/g, '');
}
