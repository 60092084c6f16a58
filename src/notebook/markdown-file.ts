/** Markdown files as notebooks: text stays text, fenced `js` and `ts` blocks become cells, and back. */
import { toNotebook, type Cell, type CellSpec, type Notebook } from './notebook.ts';

/** Stands between two text cells that nothing else parts. */
const SEPARATOR = '<!-- cell -->';

const languages: Readonly<Record<string, 'js' | 'ts'>> = {
  js: 'js',
  javascript: 'js',
  ts: 'ts',
  typescript: 'ts',
};

/** The text of a Markdown file. A text cell's own `js` blocks read back as cells: that is what they look like. */
export function toMarkdown(notebook: Notebook): string {
  const blocks = notebook.cells.flatMap((cell, at) => {
    const parted = cell.kind === 'md' && notebook.cells[at - 1]?.kind === 'md';
    return parted ? [SEPARATOR, toBlock(cell)] : [toBlock(cell)];
  });
  return `${blocks.join('\n\n')}\n`;
}

function toBlock({ kind, type, source }: Cell): string {
  if (kind === 'md') return source.trim();
  const longest = Math.max(2, ...(source.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${kind === 'unsupported' ? type : kind}\n${source}\n${fence}`;
}

/** Reads a Markdown file; any text is a valid one. The title is its first heading. */
export function fromMarkdown(text: string): Notebook {
  const cells: CellSpec[] = [];
  let prose: string[] = [];
  const endProse = (): void => {
    const source = prose.join('\n').trim();
    if (source !== '') cells.push({ kind: 'md', source });
    prose = [];
  };
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const block = fencedBlock(lines, at);
    if (line.trim() === SEPARATOR) endProse();
    else if (block === null) prose.push(line);
    else {
      const kind = languages[block.language];
      if (kind === undefined) prose.push(...lines.slice(at, block.end + 1));
      else {
        endProse();
        cells.push({ kind, source: block.source });
      }
      at = block.end;
    }
  }
  endProse();
  return toNotebook({ title: /^#\s+(.+)$/m.exec(text)?.[1] ?? '', cells });
}

interface Block {
  readonly language: string;
  readonly source: string;
  /** Index of the closing line; of the last line when the block is not closed. */
  readonly end: number;
}

function fencedBlock(lines: readonly string[], at: number): Block | null {
  const [, fence, language] = /^(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/.exec(lines[at]!) ?? [];
  if (fence === undefined || language === undefined) return null;
  const closing = new RegExp(`^${fence[0]}{${fence.length},}\\s*$`);
  const found = lines.findIndex((line, index) => index > at && closing.test(line));
  const end = found < 0 ? lines.length - 1 : found;
  return {
    language: language.toLowerCase(),
    source: lines.slice(at + 1, found < 0 ? lines.length : found).join('\n'),
    end,
  };
}
