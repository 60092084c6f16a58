/** <run-details>: everything a run says of itself: config, what differs from another run, facts, environment, performance. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import './performance-card.ts';
import { formatDuration, formatNumber } from './quantities.ts';
import { parentAmong, runTitle } from './run-view.ts';
import type { RunView } from './run-view.ts';
import { flatten, specDifferences } from './spec-diff.ts';

@customElement('run-details')
export class RunDetails extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        font-size: var(--size-small);
        container-type: inline-size;
      }
      .title {
        display: block;
        margin: var(--space-3) 0 var(--space-1);
        font-size: var(--size-small);
        font-weight: 600;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr);
        gap: 0 var(--space-3);
      }
      dt {
        color: var(--color-text-quiet);
        overflow-wrap: anywhere;
      }
      dd {
        overflow-wrap: anywhere;
      }
      dd.table {
        grid-column: 1 / -1;
        padding: var(--space-1) 0;
        overflow-x: auto;
        font: 0.75rem/1.4 var(--font-code);
        white-space: pre;
      }
      label {
        display: block;
      }
      @container (max-width: 22rem) {
        dl {
          grid-template-columns: minmax(0, 1fr);
        }
        dd {
          margin-bottom: var(--space-1);
        }
      }
      select {
        width: 100%;
      }
      ins {
        text-decoration: none;
        font-weight: 600;
      }
      del {
        color: var(--color-text-quiet);
        text-decoration: none;
      }
    `,
  ];

  @property({ attribute: false }) run: RunView | null = null;
  /** Runs to compare with; the comparison is left out when there is none. */
  @property({ attribute: false }) others: readonly RunView[] = [];
  @state() private against = '';

  override render() {
    if (!this.run) return nothing;
    const { record } = this.run;
    const started = new Date(record.createdAt).toLocaleString();
    const trains = record.spec.kind === 'pretrain' || record.spec.kind === 'finetune';
    return html`
      ${this.renderDifferences(this.run)}
      ${this.renderFields('Facts', [
        ['run', record.id],
        ['started', record.createdAt ? started : '–'],
        ['work so far', formatDuration(record.seconds)],
        ...Object.entries(record.facts).map(([name, value]): [string, string] => [
          inWords(name),
          typeof value === 'number' ? formatNumber(value) : value,
        ]),
      ])}
      ${trains ? html`<performance-card .run=${record.id}></performance-card>` : nothing}
      ${this.renderFields('Config', [...flatten(record.spec)])}
      ${this.renderFields('Environment', [...flatten(record.environment)])}
    `;
  }

  private renderFields(title: string, fields: readonly (readonly [string, string])[]) {
    if (fields.length === 0) return nothing;
    return html`<b class="title">${title}</b>
      <dl aria-label=${title}>
        ${fields.map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd class=${value.includes('\n') ? 'table' : ''}>${value}</dd>`,
        )}
      </dl>`;
  }

  private renderDifferences(run: RunView) {
    const others = this.others.filter(
      ({ record }) => record.id !== run.record.id && record.spec.kind === run.record.spec.kind,
    );
    if (others.length === 0) return nothing;
    const other = others.find(({ record }) => record.id === this.against);
    return html`
      <label class="title" for="against">What differs from another run</label>
      <select
        id="against"
        @change=${(event: Event) => (this.against = (event.target as HTMLSelectElement).value)}
      >
        <option value="" ?selected=${!other}>Choose a run to compare with</option>
        ${others.map(
          ({ record, progress }) =>
            html`<option value=${record.id} ?selected=${record.id === this.against}>
              ${runTitle(record.spec, parentAmong({ record, progress }, this.others))}
              (${record.id.slice(0, 6)})
            </option>`,
        )}
      </select>
      ${other ? this.renderDifference(run, other) : nothing}
    `;
  }

  private renderDifference(run: RunView, other: RunView) {
    const differences = specDifferences(run.record.spec, other.record.spec);
    if (differences.length === 0) return html`<p class="soft">The specs are the same.</p>`;
    return html`<dl>
      ${differences.map(
        ({ path, left, right }) =>
          html`<dt>${path}</dt>
            <dd><ins>${left ?? 'not set'}</ins> <del>there ${right ?? 'not set'}</del></dd>`,
      )}
    </dl>`;
  }
}

/** `unigramEntropy` → `unigram entropy`. */
function inWords(name: string): string {
  return name.replace(
    /([a-z])([A-Z])/g,
    (_match, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
}

declare global {
  interface HTMLElementTagNameMap {
    'run-details': RunDetails;
  }
}
