/** <data-table>: rows under sortable headings, numbers in columns that line up, and a button that copies them as CSV. */
import { LitElement, css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import { glyphs } from './glyphs.ts';
import { formatCount } from './quantities.ts';
import { columnsOf, showCell, sortRows, tableCsv } from './table-rows.ts';
import type { Column, SortOrder, TableRow } from './table-rows.ts';

/** A table of more rows is drawn to here until the person asks for the rest. */
const FIRST_ROWS = 200;

@customElement('data-table')
export class DataTable extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        min-width: 0;
        font-size: var(--size-small);
      }
      .scroll {
        max-height: 30rem;
        overflow: auto;
        border: 1px solid var(--color-border);
        border-radius: var(--radius);
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th {
        position: sticky;
        top: 0;
        padding: 0;
        background: var(--color-surface);
        text-align: left;
      }
      th button {
        width: 100%;
        justify-content: flex-start;
        border: 0;
        border-radius: 0;
        background: none;
        font-weight: 600;
      }
      td {
        padding: 2px var(--space-2);
        border-top: 1px solid var(--color-border);
        white-space: nowrap;
      }
      td.number {
        text-align: right;
      }
      th.number button {
        justify-content: flex-end;
      }
      footer {
        display: flex;
        align-items: center;
        justify-content: space-between;
        padding-top: var(--space-1);
      }
    `,
  ];

  @property({ attribute: false }) rows: readonly TableRow[] = [];
  /** Columns in order; every property of the rows when empty. */
  @property({ attribute: false }) columns: readonly Column[] = [];
  @property() label = 'Table';
  @state() private order: SortOrder | null = null;
  @state() private all = false;
  @state() private copied = '';

  override render() {
    if (this.rows.length === 0) return html`<p class="soft">No rows yet.</p>`;
    const columns = this.columns.length > 0 ? this.columns : columnsOf(this.rows);
    const numeric = new Set(
      columns
        .filter(({ key }) => this.rows.some((row) => typeof row[key] === 'number'))
        .map(({ key }) => key),
    );
    const sorted = sortRows(this.rows, this.order);
    const shown = this.all ? sorted : sorted.slice(0, FIRST_ROWS);
    return html`
      <div class="scroll" tabindex="0" role="group" aria-label=${this.label}>
        <table>
          <thead>
            <tr>
              ${columns.map((column) => this.renderHeading(column, numeric.has(column.key)))}
            </tr>
          </thead>
          <tbody>
            ${shown.map(
              (row) =>
                html`<tr>
                  ${columns.map(
                    (column) =>
                      html`<td class=${numeric.has(column.key) ? 'number' : ''}>
                        ${showCell(row[column.key], column, row)}
                      </td>`,
                  )}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <footer class="soft">
        <span>
          ${formatCount(this.rows.length)} ${this.rows.length === 1 ? 'row' : 'rows'}
          ${
            shown.length < sorted.length
              ? html`· first ${formatCount(shown.length)} shown ·
                  <button class="link" @click=${() => (this.all = true)}>show all</button>`
              : ''
          }
        </span>
        <button
          class="quiet"
          title="Copy all rows, unrounded, as CSV"
          @click=${() => this.copy(columns, sorted)}
        >
          Copy CSV
        </button>
      </footer>
      <span class="visually-hidden" role="status">${this.copied}</span>
    `;
  }

  private renderHeading(column: Column, numeric: boolean) {
    const title = column.title ?? column.key;
    const active = this.order?.key === column.key ? this.order : null;
    const sort = active ? (active.descending ? 'descending' : 'ascending') : 'none';
    return html`<th scope="col" aria-sort=${sort} class=${numeric ? 'number' : ''}>
      <button title="Sort by ${title}" @click=${() => this.sortBy(column.key)}>
        ${title}${active ? (active.descending ? glyphs.sortDown : glyphs.sortUp) : ''}
      </button>
    </th>`;
  }

  /** Ascending, descending, then the order the rows came in. */
  private sortBy(key: string): void {
    if (this.order?.key !== key) this.order = { key, descending: false };
    else this.order = this.order.descending ? null : { key, descending: true };
  }

  private copy(columns: readonly Column[], rows: readonly TableRow[]): void {
    navigator.clipboard.writeText(tableCsv(columns, rows)).then(
      () => (this.copied = `${formatCount(rows.length)} rows copied`),
      () => (this.copied = 'The browser did not allow copying; export the rows from the menu instead'),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'data-table': DataTable;
  }
}
