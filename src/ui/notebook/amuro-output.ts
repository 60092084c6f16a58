/** <amuro-output>: what a cell shows: its problem, its runs, what it displayed, its value. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { CellProblem } from '../../notebook/cell-state.ts';
import type { RunGroup } from '../../notebook/run-group.ts';
import { controlStyles } from '../control-styles.ts';
import { glyphs } from '../glyphs.ts';
import '../run-card.ts';
import '../run-grid.ts';
import { outputStyles } from './output-styles.ts';
import { showValue } from './show-value.ts';

/** More runs than this share one compact grid. */
const MAX_CARDS = 2;

@customElement('amuro-output')
export class AmuroOutput extends LitElement {
  static override styles = [
    controlStyles,
    outputStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--space-3);
      }
      .problem {
        display: flex;
        gap: var(--space-2);
        align-items: baseline;
        padding: var(--space-2) var(--space-3);
        border-radius: var(--radius);
        background: var(--color-danger-soft);
        overflow-wrap: anywhere;
      }
      .problem.waiting {
        background: var(--color-warning-soft);
      }
      .problem .glyph {
        color: var(--color-danger);
        align-self: center;
      }
      .problem.waiting .glyph {
        color: var(--color-warning);
      }
      .problem span {
        flex: 1;
        white-space: pre-wrap;
      }
      .value {
        min-width: 0;
        overflow-x: auto;
      }
      .old {
        opacity: 0.6;
      }
    `,
  ];

  @property({ attribute: false }) problem: CellProblem | null = null;
  @property({ attribute: false }) runs: RunGroup | null = null;
  @property({ attribute: false }) displays: readonly unknown[] = [];
  @property({ attribute: false }) value: unknown = undefined;
  /** Any other number than before: what `runs` holds has changed. */
  @property({ attribute: false }) revision = 0;
  /** Whether the values are from before the last failure. */
  @property({ type: Boolean }) old = false;

  override render() {
    return html`${this.renderProblem()}${this.renderRuns()}
    ${[...this.displays, this.value].map((value) => {
      const shown = showValue(value);
      return shown === nothing ? nothing : html`<div class="value ${this.old ? 'old' : ''}">${shown}</div>`;
    })}`;
  }

  private renderProblem() {
    const { problem } = this;
    if (problem === null) return nothing;
    const waits = problem.waitsFor.length > 0;
    return html`<div class="problem ${waits ? 'waiting' : ''}" role="alert">
      ${glyphs.warning}
      <span>${problem.line === null ? '' : `line ${problem.line}: `}${problem.message}</span>
      ${
        waits
          ? html`<button title="Run what this cell needs, then this cell" @click=${this.runNeeds}>
              Run what it needs
            </button>`
          : nothing
      }
    </div>`;
  }

  private renderRuns() {
    const runs = this.runs?.runs ?? [];
    if (runs.length === 0) return nothing;
    const views = runs.map(({ record, progress, parent }) => ({ record, progress, parent }));
    if (runs.length <= MAX_CARDS)
      return views.map((run, at) => html`<run-card .run=${run} .steps=${runs[at]!.steps}></run-card>`);
    const steps = new Map(runs.map((run) => [run.handle.id, run.steps]));
    return html`<run-grid .runs=${views} .steps=${steps}></run-grid>`;
  }

  private readonly runNeeds = (): void => {
    this.dispatchEvent(new CustomEvent('cell-run-needs', { bubbles: true, composed: true }));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'amuro-output': AmuroOutput;
  }
}
