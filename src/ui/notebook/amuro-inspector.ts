/** <amuro-inspector>: any value as a tree that unfolds, level by level, so that large values cost nothing unseen. */
import { LitElement, css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

/** More entries than this are counted, not shown. */
const MAX_ENTRIES = 100;

@customElement('amuro-inspector')
export class AmuroInspector extends LitElement {
  static override styles = css`
    :host {
      display: block;
      font: var(--size-small) / 1.6 var(--font-code);
      overflow-wrap: anywhere;
    }
    details > div {
      padding-left: var(--space-4);
    }
    summary {
      cursor: pointer;
    }
    summary:focus-visible {
      outline: 2px solid var(--color-focus);
    }
    .key,
    .quiet {
      color: var(--color-text-quiet);
    }
    .string {
      color: var(--color-code-string);
    }
    .number {
      color: var(--color-code-number);
    }
  `;

  @property({ attribute: false }) value: unknown = undefined;

  override render() {
    return inspect(this.value);
  }
}

function inspect(value: unknown, key?: string): TemplateResult {
  const name = key === undefined ? nothing : html`<span class="key">${key}: </span>`;
  if (typeof value !== 'object' || value === null) return html`<div>${name}${primitive(value)}</div>`;
  return html`<details @toggle=${fill(value)}>
    <summary>${name}${summarise(value)}</summary>
  </details>`;
}

/** Entries are made when they are first seen. */
function fill(value: object): (event: Event) => void {
  return (event) => {
    const details = event.currentTarget as HTMLDetailsElement;
    if (!details.open || details.querySelector(':scope > div') !== null) return;
    const entries = entriesOf(value);
    const inside = document.createElement('div');
    for (const [key, entry] of entries.slice(0, MAX_ENTRIES)) {
      const child = document.createElement('amuro-inspector-entry');
      Object.assign(child, { key, value: entry });
      inside.append(child);
    }
    if (entries.length > MAX_ENTRIES) inside.append(`… ${entries.length - MAX_ENTRIES} more`);
    details.append(inside);
  };
}

@customElement('amuro-inspector-entry')
export class AmuroInspectorEntry extends LitElement {
  static override styles = AmuroInspector.styles;
  @property() key = '';
  @property({ attribute: false }) value: unknown = undefined;

  override render() {
    return inspect(this.value, this.key);
  }
}

function primitive(value: unknown): TemplateResult {
  if (typeof value === 'string') return html`<span class="string">${JSON.stringify(value)}</span>`;
  if (typeof value === 'number' || typeof value === 'bigint')
    return html`<span class="number">${String(value)}</span>`;
  if (typeof value === 'function') return html`<span class="quiet">ƒ ${value.name}()</span>`;
  return html`<span class="quiet">${String(value)}</span>`;
}

function summarise(value: object): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return `${value.constructor.name}(${'length' in value ? String(value.length) : value.byteLength}) [${preview(value)}]`;
  }
  if (value instanceof Map || value instanceof Set) return `${value.constructor.name}(${value.size})`;
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  const name = prototype?.constructor?.name ?? 'Object';
  return `${name === 'Object' ? '' : `${name} `}{${preview(value)}}`;
}

function preview(value: object): string {
  const shown = entriesOf(value).slice(0, 5);
  const isList = Array.isArray(value) || ArrayBuffer.isView(value);
  const parts = shown.map(([key, entry]) => (isList ? short(entry) : `${key}: ${short(entry)}`));
  return parts.join(', ') + (entriesOf(value).length > shown.length ? ', …' : '');
}

function short(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[…]' : '{…}';
  if (typeof value === 'function') return 'ƒ';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
}

function entriesOf(value: object): [string, unknown][] {
  if (value instanceof Map) return [...value].map(([key, entry]) => [String(key), entry]);
  if (value instanceof Set) return [...value].map((entry, at) => [String(at), entry]);
  return Object.entries(value);
}

declare global {
  interface HTMLElementTagNameMap {
    'amuro-inspector': AmuroInspector;
    'amuro-inspector-entry': AmuroInspectorEntry;
  }
}
