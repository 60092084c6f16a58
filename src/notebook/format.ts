/**
 * The notebook file: Observable Notebook Kit's HTML form, `<notebook><title>…</title><script id type>…</script>…`.
 * Reading builds text only: a document made by DOMParser runs no script and loads nothing.
 */
import { toNotebook, type Attributes, type CellSpec, type Notebook } from './notebook.ts';

/** Larger files are refused before parsing: a notebook is text that a person wrote. */
const MAX_CHARACTERS = 20_000_000;
const MAX_CELLS = 5_000;
const INDENT = '    ';

export interface HtmlParser {
  parseFromString(text: string, type: 'text/html'): Document;
}

/** Thrown for a file that is not a notebook; the message is for the person who opened it. */
export class NotebookFormatError extends Error {
  override readonly name = 'NotebookFormatError';
}

/** The text of a notebook file. `deserialize(serialize(notebook))` is the same notebook. */
export function serialize(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => {
    const attributes = formatAttributes({ id: String(cell.id), type: cell.type, ...cell.attributes });
    return `  <script${attributes}>\n${indent(escapeScript(cell.source))}\n  </script>\n`;
  });
  const title = `  <title>${escapeText(notebook.title)}</title>\n`;
  return `<!doctype html>\n<notebook${formatAttributes(notebook.attributes)}>\n${title}${cells.join('')}</notebook>\n`;
}

/**
 * Reads a notebook file; nothing in it is run.
 * @throws NotebookFormatError when there is no `<notebook>`, or it is too large.
 */
export function deserialize(text: string, parser: HtmlParser = new DOMParser()): Notebook {
  if (text.length > MAX_CHARACTERS) {
    throw new NotebookFormatError(
      `open notebook: the file is too large, got ${text.length} characters, expected at most ${MAX_CHARACTERS}`,
    );
  }
  const root = parser.parseFromString(text, 'text/html').querySelector('notebook');
  if (root === null) {
    const start = JSON.stringify(text.trimStart().slice(0, 40));
    throw new NotebookFormatError(
      `open notebook: no <notebook> element, got a file that starts with ${start}, expected a notebook file`,
    );
  }
  const scripts = Array.from(root.querySelectorAll('script'));
  if (scripts.length > MAX_CELLS) {
    throw new NotebookFormatError(
      `open notebook: got ${scripts.length} cells, expected at most ${MAX_CELLS}`,
    );
  }
  return toNotebook({
    title: root.querySelector('title')?.textContent ?? '',
    cells: scripts.map(readCell),
    attributes: readAttributes(root, []),
  });
}

function readCell(script: Element): CellSpec {
  return {
    id: Number(script.getAttribute('id') ?? NaN),
    type: script.getAttribute('type') ?? '',
    source: unescapeScript(dedent(script.textContent)),
    attributes: readAttributes(script, ['id', 'type']),
  };
}

function readAttributes(element: Element, known: readonly string[]): Attributes {
  const unknown = Array.from(element.attributes).filter(({ name }) => !known.includes(name));
  return Object.fromEntries(unknown.map(({ name, value }) => [name, value]));
}

function formatAttributes(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) =>
      value === '' ? ` ${name}` : ` ${name}="${escapeText(value).replaceAll('"', '&quot;')}"`,
    )
    .join('');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `</script` would end the cell; a backslash is added before its slash, as Notebook Kit does. */
function escapeScript(source: string): string {
  const closed = source.replace(/<(?=\\*\/script[\s/>])/gi, '<\\');
  return opensComment(source) ? closed.replace(/<(?=\\*!--)/g, '<\\') : closed;
}

function unescapeScript(source: string): string {
  const closed = source.replace(/<\\(?=\\*\/script[\s/>])/gi, '<');
  return opensComment(source) ? closed.replace(/<\\(?=\\*!--)/g, '<') : closed;
}

/**
 * Whether `<!--` and `<script` are both there: HTML then no longer ends the cell at `</script>`. Adding or taking
 * backslashes does not change the answer, so that reading knows whether writing escaped the comment.
 */
function opensComment(source: string): boolean {
  return /<\\*!--/.test(source) && /<script[\s/>]/i.test(source);
}

function indent(source: string): string {
  return source.replace(/^(?=.)/gm, INDENT);
}

/** Takes off the line breaks around the cell and up to four spaces of each line. */
function dedent(text: string): string {
  const lines = text.split('\n');
  if (lines.length > 1 && lines.at(-1)!.trim() === '') lines.pop();
  if (lines.length > 1 && lines[0]!.trim() === '') lines.shift();
  return lines.map((line) => (line.startsWith(INDENT) ? line.slice(INDENT.length) : line)).join('\n');
}
