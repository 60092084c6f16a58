/** What every cell shows, as HTML text that stands alone, for the report. Nothing in it can run. */
import DOMPurify from 'dompurify';
import { View } from '../../notebook/builtins.ts';
import { renderMarkdown } from '../../notebook/markdown.ts';
import type { NotebookSession } from '../../notebook/notebook-session.ts';
import { escapeHtml, toStandaloneHtml } from '../../notebook/standalone-html.ts';
import type { TrackedRun } from '../../notebook/tracked-run.ts';
import { pictureOf, svgText } from '../figure-file.ts';
import type { Figure } from '../figure-card.ts';
import { formatDuration, formatNumber } from '../quantities.ts';
import { runTitle, statusWord } from '../run-view.ts';
import { DataTable } from '../data-table.ts';
import { GeneratedTexts } from '../generated-texts.ts';
import { columnsOf, showCell, type Column, type TableRow } from '../table-rows.ts';
import { shownValues } from './collect-figures.ts';
import { describeRun, elementOf, isFigure, isRows, isRunHandle } from './show-value.ts';

export function renderReport(session: NotebookSession): string {
  const { notebook } = session.document;
  const outputs = new Map(notebook.cells.map(({ id }) => [id, renderOutput(session, id)]));
  return toStandaloneHtml(notebook, outputs, renderMarkdown);
}

function renderOutput(session: NotebookSession, id: number): string {
  const { problem, execution } = session.state(id);
  const failed = problem === null ? '' : `<p class="problem">${escapeHtml(problem.message)}</p>`;
  return (
    failed + renderRuns(execution?.runs.runs ?? []) + shownValues(session, id).map(renderValue).join('\n')
  );
}

function renderValue(value: unknown): string {
  if (isFigure(value)) return renderFigure(value);
  if (isRows(value)) return renderTable(value);
  if (value instanceof View) return renderElement(elementOf(value));
  if (value instanceof Element) return renderElement(value);
  if (value instanceof Node) return `<p>${escapeHtml(value.textContent ?? '')}</p>`;
  if (isRunHandle(value)) return `<p>${escapeHtml(describeRun(value))}</p>`;
  return `<pre>${escapeHtml(typeof value === 'string' ? value : asText(value))}</pre>`;
}

function renderFigure(figure: Figure): string {
  const picture = safeSvg(svgText(pictureOf(figure.plot())));
  const caption = `<b>${escapeHtml(figure.title)}</b> ${escapeHtml(figure.caption)}`;
  return `<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
}

/** The rows of a table, and generated texts, are in properties and not in HTML. */
function renderElement(element: Element): string {
  if (element instanceof DataTable) return renderTable(element.rows, element.columns);
  return element instanceof GeneratedTexts ? renderTexts(element) : safe(element);
}

function renderTexts({ live }: GeneratedTexts): string {
  const rows = (live?.rows ?? []).flatMap(({ checkpoint: { step }, texts }) =>
    texts.map((text) => ({ step, prompt: live!.prompts[text.prompt]!, text: text.text })),
  );
  return renderTable(rows);
}

function renderTable(rows: readonly TableRow[], given: readonly Column[] = []): string {
  const columns = given.length > 0 ? given : columnsOf(rows);
  const head = columns.map(({ key, title }) => `<th>${escapeHtml(title ?? key)}</th>`).join('');
  const body = rows.map((row) => {
    const cells = columns.map((column) => `<td>${escapeHtml(showCell(row[column.key], column, row))}</td>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="rows"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function renderRuns(runs: readonly TrackedRun[]): string {
  if (runs.length === 0) return '';
  const rows = runs.map(({ record, parent, steps }) => ({
    run: record.id,
    what: runTitle(record.spec, parent),
    status: statusWord(record.status),
    time: formatDuration(record.seconds),
    'last loss': steps.length > 0 ? formatNumber(steps.at(-1)!.loss) : '',
  }));
  return renderTable(rows);
}

function safe(element: Element): string {
  return DOMPurify.sanitize(element.outerHTML, { USE_PROFILES: { html: true, svg: true, mathMl: true } });
}

function safeSvg(svg: string): string {
  return DOMPurify.sanitize(svg, { USE_PROFILES: { svg: true, svgFilters: true } });
}

function asText(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2) ?? String(value);
  } catch {
    return String(value); // circular data and big integers have no JSON
  }
}
