/** <performance-card>: what one step of a training run costs here, kernel by kernel, and which variants it runs. */
import { LitElement, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { PerformanceReport } from '../experiments/profile-training.ts';
import type { RunPerformance } from '../experiments/run-performance.ts';
import { roofline, type Figure } from '../figures/index.ts';
import { controlStyles } from './control-styles.ts';
import './data-table.ts';
import './figure-card.ts';
import type { PerformanceMethod, PerformanceRequest } from './performance-request.ts';
import { performanceCardStyles } from './performance-card-styles.ts';
import {
  choiceColumns,
  choiceRows,
  kernelColumns,
  kernelRows,
  memoryColumns,
  memoryRows,
  summary,
} from './performance-rows.ts';

const narrowest = 320;
const widest = 640;

@customElement('performance-card')
export class PerformanceCard extends LitElement {
  static override styles = [controlStyles, performanceCardStyles];

  @property() run = '';
  @state() private performance: RunPerformance | null = null;
  @state() private working: PerformanceMethod | null = null;
  @state() private problem = '';
  private figure: Figure | null = null;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('run') && this.run !== '') {
      this.performance = null;
      this.problem = '';
      this.ask('runs.performance');
    }
    if (!changed.has('performance')) return;
    const width = Math.max(narrowest, Math.min(widest, this.clientWidth || widest));
    const report = this.performance?.report ?? null;
    this.figure = report && roofline(report, { document, width });
  }

  override render() {
    const report = this.performance?.report ?? null;
    return html`
      <section aria-label="Performance">
        <header>
          <b class="title">Performance</b>
          <span class="actions">
            <button
              title="Time one step, kernel by kernel, between two steps of the run; nothing in the run changes"
              ?disabled=${this.working !== null}
              @click=${() => this.ask('runs.profile')}
            >
              ${this.working === 'runs.profile' ? 'Profiling…' : report ? 'Profile again' : 'Profile'}
            </button>
            <button
              title="Time every variant of this run's kernels on this adapter; runs that begin later take the fastest"
              ?disabled=${this.working !== null}
              @click=${() => this.ask('runs.tune')}
            >
              ${this.working === 'runs.tune' ? 'Tuning…' : 'Tune'}
            </button>
          </span>
        </header>
        ${this.problem ? html`<p class="error" role="alert">${this.problem}</p>` : nothing}
        ${report ? this.renderReport(report) : this.renderEmpty()} ${this.renderChoices()}
        <p class="visually-hidden" role="status">
          ${this.working && this.working !== 'runs.performance' ? 'Measuring' : ''}
        </p>
      </section>
    `;
  }

  private renderEmpty() {
    return html`<p class="soft">
      What one training step costs on this adapter: the time, arithmetic and memory traffic of each kernel,
      under what the adapter can do at best. Profile measures it on a copy, between two steps of the run, in
      the time of about ten steps, and the first time a few seconds more for the adapter itself; the run goes
      on with the same bits.
    </p>`;
  }

  private renderReport(report: PerformanceReport) {
    return html`
      <dl aria-label="One step">
        ${summary(report).map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      <figure-card .figure=${this.figure}></figure-card>
      <b class="title">Kernels of one step</b>
      <p class="soft">
        Of roof: the time that the measured ceilings would need, of the time taken; above 100 % what is read
        comes from a cache. Speed is not told where operations are not counted.
      </p>
      <data-table
        label="Kernels of one step"
        .rows=${kernelRows(report)}
        .columns=${kernelColumns}
      ></data-table>
      <b class="title">GPU memory</b>
      <data-table label="GPU memory" .rows=${memoryRows(report)} .columns=${memoryColumns}></data-table>
    `;
  }

  private renderChoices() {
    const rows = this.performance ? choiceRows(this.performance) : [];
    if (rows.length === 0) return nothing;
    return html`
      <b class="title">Kernel choices</b>
      <p class="soft">
        Fixed when the run began, and recorded with it; what was measured since is for runs that begin later.
        A dash: not measured, or nothing here to choose from.
      </p>
      <data-table label="Kernel choices" .rows=${rows} .columns=${choiceColumns}></data-table>
    `;
  }

  private ask(method: PerformanceMethod): void {
    const { run } = this;
    const answer = (promise: Promise<RunPerformance>): void => void this.receive(run, promise);
    const detail = { run, method, answer };
    this.working = method;
    // Where nobody holds an engine, as in a saved report, there is nothing to wait for.
    const event: PerformanceRequest = new CustomEvent('performance-request', {
      detail,
      bubbles: true,
      composed: true,
      cancelable: true,
    });
    if (this.dispatchEvent(event)) this.working = null;
  }

  private async receive(run: string, promise: Promise<RunPerformance>): Promise<void> {
    try {
      const found = await promise;
      if (this.run !== run) return;
      this.performance = found;
      this.problem = '';
    } catch (error) {
      if (this.run === run) this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      if (this.run === run) this.working = null;
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'performance-card': PerformanceCard;
  }
}
