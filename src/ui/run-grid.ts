/** <run-grid>: many runs in little space: x of y done, one line each, and each line unfolds to its card. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { StepRecord } from '../experiments/run.ts';
import { controlStyles } from './control-styles.ts';
import { glyphs } from './glyphs.ts';
import { formatCount, formatDuration, percent } from './quantities.ts';
import './run-card.ts';
import { runTitle, standing, statusWord } from './run-view.ts';
import type { RunView } from './run-view.ts';

@customElement('run-grid')
export class RunGrid extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        min-width: 0;
        container-type: inline-size;
      }
      .summary {
        display: grid;
        gap: var(--space-1);
        padding-bottom: var(--space-2);
      }
      .summary p {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 var(--space-4);
      }
      ul {
        max-height: 26rem;
        overflow: auto;
        border-top: 1px solid var(--color-border);
      }
      .row {
        display: grid;
        grid-template-columns: 16px minmax(0, 1fr) minmax(3rem, 8rem) 5.5rem;
        gap: var(--space-3);
        width: 100%;
        padding: 0 var(--space-2);
        border: 0;
        border-radius: 0;
        background: none;
        text-align: left;
        justify-content: stretch;
      }
      li {
        border-bottom: 1px solid var(--color-border);
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .status {
        text-align: right;
        color: var(--color-text-quiet);
      }
      .status.failed {
        color: var(--color-danger);
      }
      .status.running {
        color: var(--color-accent);
      }
      .chevron {
        display: inline-flex;
        color: var(--color-text-quiet);
        transition: transform var(--duration);
      }
      .chevron.open {
        transform: rotate(90deg);
      }
      .row progress[value='100'] {
        visibility: hidden;
      }
      @container (max-width: 30rem) {
        .row {
          grid-template-columns: 16px minmax(0, 1fr) auto;
        }
        .row progress {
          display: none;
        }
      }
      run-card {
        padding: var(--space-2);
      }
    `,
  ];

  @property({ attribute: false }) runs: readonly RunView[] = [];
  /** Measured steps by run id, for the cards' curves. */
  @property({ attribute: false }) steps: ReadonlyMap<string, readonly StepRecord[]> = new Map();
  @property() label = 'Runs';
  @state() private unfolded: ReadonlySet<string> = new Set();

  override render() {
    if (this.runs.length === 0)
      return html`<p class="soft small">No runs yet: they appear here as they are queued.</p>`;
    const finished = this.runs.filter((run) => standing(run).status === 'finished').length;
    const failed = this.runs.filter((run) => standing(run).status === 'failed').length;
    const left = secondsLeft(this.runs);
    return html`
      <div class="summary">
        <p>
          <b>${this.label}</b>
          <span class="small soft" role="status">
            ${formatCount(finished)} of ${formatCount(this.runs.length)}
            finished${failed ? ` · ${formatCount(failed)} failed` : ''}
          </span>
          ${left === null ? nothing : html`<span class="small soft">about ${formatDuration(left)} left</span>`}
        </p>
        <progress
          max=${this.runs.length}
          .value=${finished}
          aria-label="${this.label}: runs finished"
        ></progress>
      </div>
      <ul tabindex="0" aria-label=${this.label}>
        ${repeat(
          this.runs,
          (run) => run.record.id,
          (run) => this.renderRow(run),
        )}
      </ul>
    `;
  }

  private renderRow(run: RunView) {
    const { status, done, total } = standing(run);
    const { id, spec } = run.record;
    const title = runTitle(spec, run.parent);
    const open = this.unfolded.has(id);
    return html`<li>
      <button class="row" aria-expanded=${open} title=${title} @click=${() => this.toggle(id)}>
        <span class="chevron ${open ? 'open' : ''}">${glyphs.chevron}</span>
        <span class="name">${title}</span>
        <progress max="100" value=${percent(done, total)} aria-label="Progress"></progress>
        <span class="status ${status}"
          >${status === 'running' ? `${percent(done, total)} %` : statusWord(status)}</span
        >
      </button>
      ${open ? html`<run-card .run=${run} .steps=${this.steps.get(id) ?? []}></run-card>` : nothing}
    </li>`;
  }

  private toggle(id: string): void {
    const next = new Set(this.unfolded);
    if (!next.delete(id)) next.add(id);
    this.unfolded = next;
  }
}

/** Time left of all runs by the pace of those finished here; null before the first has finished. */
export function secondsLeft(runs: readonly RunView[]): number | null {
  const over = runs.filter((run) => standing(run).status === 'finished' && run.record.seconds > 0);
  const shares = runs.map((run) => {
    const { status, done, total } = standing(run);
    return status === 'finished' || status === 'failed' ? 0 : 1 - (total > 0 ? Math.min(1, done / total) : 0);
  });
  const open = shares.reduce((sum, share) => sum + share, 0);
  if (open === 0 || over.length === 0) return null;
  return (open * over.reduce((sum, run) => sum + run.record.seconds, 0)) / over.length;
}

declare global {
  interface HTMLElementTagNameMap {
    'run-grid': RunGrid;
  }
}
