/** How a cell's values look: elements as themselves, figures and tables as cards, other data as a tree. */
import { html, nothing, type TemplateResult } from 'lit';
import { View } from '../../notebook/builtins.ts';
import { RunHandle } from '../../notebook/run-handle.ts';
import '../data-table.ts';
import '../figure-card.ts';
import type { Figure } from '../figure-card.ts';
import '../generated-texts.ts';
import type { TableRow } from '../table-rows.ts';
import './amuro-inspector.ts';

/** An element is made once per value: what a person has opened or sorted in it stays when the cell redraws. */
const elements = new WeakMap<View<unknown>, Element>();

export function showValue(value: unknown): TemplateResult | typeof nothing {
  if (value === undefined) return nothing;
  if (value instanceof Node) return html`${value}`;
  if (value instanceof View) return html`${elementOf(value)}`;
  if (isFigure(value)) return html`<figure-card .figure=${value}></figure-card>`;
  if (isRows(value)) return html`<data-table .rows=${value}></data-table>`;
  if (isRunHandle(value)) return html`<p class="quiet">${describeRun(value)}</p>`;
  if (typeof value === 'string') return html`<pre class="text" tabindex="0">${value}</pre>`;
  return html`<amuro-inspector .value=${value}></amuro-inspector>`;
}

export function elementOf(view: View<unknown>): Element {
  const known = elements.get(view);
  if (known) return known;
  const made = view.element();
  elements.set(view, made);
  return made;
}

export function isRunHandle(value: unknown): value is RunHandle {
  return value instanceof RunHandle;
}

export function isFigure(value: unknown): value is Figure {
  return typeof value === 'object' && value !== null && 'plot' in value && 'csv' in value && 'title' in value;
}

/** A list of plain, flat objects. */
export function isRows(value: unknown): value is readonly TableRow[] {
  return Array.isArray(value) && value.length > 0 && value.every(isFlat);
}

function isFlat(row: unknown): boolean {
  if (typeof row !== 'object' || row === null || Object.getPrototypeOf(row) !== Object.prototype)
    return false;
  return Object.values(row).every((value) => value === null || typeof value !== 'object');
}

export function describeRun({ id, spec, checkpoints }: RunHandle): string {
  const kept = checkpoints.length === 1 ? '1 checkpoint' : `${checkpoints.length} checkpoints`;
  return `${spec.kind} run ${id}, ${kept}`;
}
