/** <run-card>: a run where it was started: how far, how fast, how well, what to do; its details unfold in place. */
import { LitElement, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { RunStatus, StepRecord } from '../experiments/run.ts';
import { controlStyles } from './control-styles.ts';
import { glyphs } from './glyphs.ts';
import { mergeSteps, referencesOf } from './loss-columns.ts';
import './loss-chart.ts';
import { formatNumber, percent } from './quantities.ts';
import { runCardStyles } from './run-card-styles.ts';
import './run-details.ts';
import { actionsFor, progressText, runTitle, standing, statusWord } from './run-view.ts';
import type { RunAction, RunView } from './run-view.ts';

/** Asked of whoever holds the engine; bubbles through shadow roots. */
export type RunActionEvent = CustomEvent<{ readonly run: string; readonly action: RunAction }>;

const actionWords: Readonly<Record<RunAction, { readonly name: string; readonly what: string }>> = {
  pause: { name: 'Pause', what: 'Pause after the step under way' },
  step: { name: 'Step', what: 'Do one optimizer step, then pause again' },
  resume: { name: 'Resume', what: 'Go on from the last checkpoint or step' },
  stop: { name: 'Stop', what: 'Stop at the next step; it can be resumed later' },
  remove: { name: 'Remove', what: 'Delete this run and the checkpoints that no other run shares' },
};
const actionGlyphs = {
  pause: glyphs.pause,
  step: glyphs.step,
  resume: glyphs.play,
  stop: glyphs.stop,
  remove: nothing,
};

@customElement('run-card')
export class RunCard extends LitElement {
  static override styles = [controlStyles, runCardStyles];

  @property({ attribute: false }) run: RunView | null = null;
  /** Steps measured before this card saw the run; reports add to them. */
  @property({ attribute: false }) steps: readonly StepRecord[] = [];
  /** Title of the run; what the spec says when empty. */
  @property() label = '';
  @state() private unfolded = false;
  @state() private announcement = '';
  private shownSteps: readonly StepRecord[] = [];
  private announced: { status: RunStatus; quarter: number } | null = null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.run) return;
    const before = changed.get('run');
    if (before && before.record.id !== this.run.record.id) this.shownSteps = [];
    if (changed.has('steps')) this.shownSteps = mergeSteps(this.steps, this.shownSteps);
    if (changed.has('run')) this.shownSteps = mergeSteps(this.shownSteps, this.run.progress?.steps ?? []);
    this.announce(this.run);
  }

  override render() {
    if (!this.run) return html`<p class="soft small">A run appears here once its cell has been run.</p>`;
    const { record } = this.run;
    const { status, error } = standing(this.run);
    return html`
      <article aria-label=${this.heading}>
        <header>
          <b class="title">${this.heading}</b>
          <span class="status ${status}">${statusWord(status)}</span>
        </header>
        ${this.renderProgress(this.run)}
        ${error ? html`<p class="error" role="alert">${glyphs.warning}<span>${error}</span></p>` : nothing}
        ${
          record.spec.kind === 'evaluate' || this.shownSteps.length === 0
            ? nothing
            : html`<loss-chart
                .steps=${this.shownSteps}
                .references=${referencesOf(record.spec, record.facts)}
              ></loss-chart>`
        }
        ${this.renderControls(this.run)}
        <div id="details" ?hidden=${!this.unfolded}>
          ${this.unfolded ? html`<run-details .run=${this.run}></run-details>` : nothing}
        </div>
        <p class="visually-hidden" role="status">${this.announcement}</p>
      </article>
    `;
  }

  private get heading(): string {
    return this.label || (this.run ? runTitle(this.run.record.spec, this.run.parent) : '');
  }

  private renderProgress(run: RunView) {
    const { done, total, status } = standing(run);
    return html`
      ${
        status === 'finished'
          ? nothing
          : html`<progress
              max=${Math.max(1, total)}
              .value=${done}
              aria-label="Progress"
              aria-valuetext=${progressText(run)}
            ></progress>`
      }
      <p class="numbers small soft">
        <span>${progressText(run)}</span>
        ${this.renderLosses()}
      </p>
    `;
  }

  private renderLosses() {
    const last = this.shownSteps.at(-1);
    const validation = this.shownSteps.findLast((step) => step.validationLoss !== undefined);
    if (!last) return nothing;
    return html`<span>
      loss <b>${formatNumber(last.loss)}</b>
      ${validation ? html` · validation <b>${formatNumber(validation.validationLoss)}</b>` : nothing}
    </span>`;
  }

  private renderControls(run: RunView) {
    return html`
      <div class="controls">
        ${actionsFor(run)
          .filter((action) => action !== 'remove')
          .map(
            (action) =>
              html`<button title=${actionWords[action].what} @click=${() => this.ask(action)}>
                ${actionGlyphs[action]}${actionWords[action].name}
              </button>`,
          )}
        <button
          class="quiet details"
          title="Config, what differs from other runs, facts, environment"
          aria-expanded=${this.unfolded}
          aria-controls="details"
          @click=${() => (this.unfolded = !this.unfolded)}
        >
          <span class="chevron ${this.unfolded ? 'open' : ''}">${glyphs.chevron}</span>Details
        </button>
      </div>
    `;
  }

  private ask(action: RunAction): void {
    const detail = { run: this.run!.record.id, action };
    this.dispatchEvent(new CustomEvent('run-action', { detail, bubbles: true, composed: true }));
  }

  /** Says a change of status and every quarter, never every step: a screen reader is not a ticker. */
  private announce(run: RunView): void {
    const { status, done, total } = standing(run);
    const quarter = Math.floor(percent(done, total) / 25);
    const before = this.announced;
    this.announced = { status, quarter };
    if (!before) return; // what was there when the card appeared is read, not announced
    if (before.status !== status) this.announcement = `${this.heading}: ${statusWord(status)}`;
    else if (before.quarter < quarter && status === 'running')
      this.announcement = `${this.heading}: ${percent(done, total)} percent`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'run-card': RunCard;
  }
  interface HTMLElementEventMap {
    'run-action': RunActionEvent;
  }
}
