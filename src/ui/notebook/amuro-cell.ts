/** <amuro-cell>: one cell: its editor or rendered text, its run button, what it shows, and what can be done with it. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import type { CellState } from '../../notebook/cell-state.ts';
import { renderMarkdown } from '../../notebook/markdown.ts';
import { cellTypes, type Cell, type CellKind } from '../../notebook/notebook.ts';
import type { NotebookSession } from '../../notebook/notebook-session.ts';
import { controlStyles } from '../control-styles.ts';
import { glyphs } from '../glyphs.ts';
import '../menu-button.ts';
import type { MenuItem } from '../menu-button.ts';
import { answerPerformance } from '../performance-request.ts';
import type { PerformanceRequest } from '../performance-request.ts';
import { formatDuration } from '../quantities.ts';
import type { RunActionEvent } from '../run-card.ts';
import './amuro-editor.ts';
import type { AmuroEditor, EditorProblem, RunWay } from './amuro-editor.ts';
import './amuro-output.ts';
import { cellStyles } from './cell-styles.ts';
import { outputStyles } from './output-styles.ts';

/** What a cell asks of its notebook; the cell itself is the event's target. */
export type CellRequest =
  | 'run-next'
  | 'run-stay'
  | 'run-insert'
  | 'leave'
  | 'delete'
  | 'up'
  | 'down'
  | 'insert-above'
  | 'insert-below'
  | 'select';

export const kindNames: Readonly<Record<CellKind, string>> = {
  js: 'JavaScript',
  ts: 'TypeScript',
  md: 'Text',
};

@customElement('amuro-cell')
export class AmuroCell extends LitElement {
  static override styles = [controlStyles, outputStyles, cellStyles];

  @property({ attribute: false }) cell!: Cell;
  @property({ attribute: false }) session!: NotebookSession;
  /** Its place as a person counts. */
  @property({ type: Number }) place = 1;
  @property({ type: Boolean, reflect: true }) selected = false;
  @state() private editing = false;

  override render() {
    const { cell, place } = this;
    const status = this.cellState.isCode ? `, ${statusWords[this.cellState.status]}` : '';
    const kind = cell.kind === 'unsupported' ? cell.type : kindNames[cell.kind];
    return html`<article
      tabindex=${this.selected ? 0 : -1}
      aria-label="Cell ${place}, ${kind}${status}"
      @focus=${() => this.ask('select')}
      @focusin=${() => this.ask('select')}
      @run-action=${this.onRunAction}
      @performance-request=${(event: PerformanceRequest) => answerPerformance(this.session.engine, event)}
      @cell-run-needs=${() => void this.session.runWithNeeds(cell.id)}
    >
      <div class="bar">${this.cellState.isCode ? this.renderRun() : nothing}</div>
      <div class="body">${this.renderBody()}</div>
    </article>`;
  }

  /** Puts the keyboard into the editor. */
  edit(): void {
    if (this.cell.kind === 'unsupported') return;
    if (this.cell.kind === 'md') this.editing = !this.session.readOnly;
    void this.updateComplete.then(() => this.renderRoot.querySelector<AmuroEditor>('amuro-editor')?.focus());
  }

  /** Puts the keyboard onto the cell itself, where single keys are commands. */
  select(): void {
    this.editing = false;
    const article = this.renderRoot.querySelector('article');
    article?.focus({ preventScroll: true });
    article?.scrollIntoView({ block: 'nearest' });
  }

  private get cellState(): CellState {
    return this.session.state(this.cell.id);
  }

  private renderBody() {
    const { cell } = this;
    if (cell.kind === 'unsupported')
      return html`<div class="source unsupported">
        <p class="quiet">A cell of type ${cell.type}: kept as it is, amuro cannot run it.</p>
        <pre tabindex="0">${cell.source}</pre>
        ${this.renderTools()}
      </div>`;
    if (cell.kind !== 'md') return html`${this.renderEditor()}${this.renderOutput()}`;
    if (this.editing) return this.renderEditor();
    const rendered =
      cell.source.trim() === ''
        ? html`<p class="empty">Empty text: press Enter to write</p>`
        : unsafeHTML(renderMarkdown(cell.source));
    return html`<div class="source-less">
      <div class="markdown rendered" @dblclick=${() => this.edit()}>${rendered}</div>
      ${this.renderTools()}
    </div>`;
  }

  private renderEditor() {
    const { cell, session } = this;
    return html`<div class="source">
      <amuro-editor
        .value=${cell.source}
        .kind=${cell.kind}
        .label="Source of cell ${this.place}"
        .readOnly=${session.readOnly}
        .builtins=${session.builtins}
        .names=${() => session.declaredNames}
        .problem=${this.editorProblem}
        @cell-edit=${(event: CustomEvent<string>) => session.document.setSource(cell.id, event.detail)}
        @cell-run=${(event: CustomEvent<RunWay>) => this.onEditorRun(event.detail)}
        @cell-leave=${() => this.ask('leave')}
      ></amuro-editor>
      ${this.renderTools()}
    </div>`;
  }

  /** A syntax error is marked as it is typed; another error where it arose, until the source changes. */
  private get editorProblem(): EditorProblem | null {
    const { syntaxError, problem, status } = this.cellState;
    if (syntaxError !== null) return syntaxError;
    return status === 'error' && problem !== null ? { ...problem, column: null } : null;
  }

  private renderOutput() {
    const { problem, execution, displays, value, status, syntaxError } = this.cellState;
    const shown =
      problem ??
      (syntaxError !== null && status === 'stale'
        ? { ...syntaxError, message: syntaxError.message, waitsFor: [] }
        : null);
    const runs = execution?.runs ?? null;
    if (shown === null && displays.length === 0 && value === undefined && !runs?.runs.length) return nothing;
    return html`<amuro-output
      .problem=${shown}
      .runs=${runs}
      .displays=${displays}
      .value=${value}
      .old=${status === 'error'}
      .revision=${performance.now()}
    ></amuro-output>`;
  }

  private renderRun() {
    const { status, seconds, expensive } = this.cellState;
    const busy = status === 'running' || status === 'queued';
    const what = busy
      ? 'Stop this cell'
      : expensive
        ? 'Run this cell: it trains or evaluates'
        : 'Run this cell';
    return html`<button
        class="icon run ${status}"
        aria-label="${busy ? 'Stop' : 'Run'} cell ${this.place}"
        title="${what} (Ctrl+Enter)${status === 'stale' ? '; what it shows is older than its inputs' : ''}"
        @click=${() => (busy ? this.session.stop(this.cell.id) : void this.session.run(this.cell.id))}
      >
        ${busy ? glyphs.stop : glyphs.play}
      </button>
      ${status === 'stale' ? html`<span class="stale-note">stale</span>` : nothing}
      ${seconds !== null && seconds >= 1 && !busy ? html`<span class="seconds">${formatDuration(seconds)}</span>` : nothing}`;
  }

  private renderTools() {
    if (this.session.readOnly) return nothing;
    return html`<div class="tools">
      <menu-button
        compact
        label="Cell ${this.place}"
        hint="What to do with this cell"
        .glyph=${glyphs.more}
        .items=${this.menu()}
      ></menu-button>
    </div>`;
  }

  private menu(): readonly MenuItem[] {
    const { cell, session } = this;
    const kinds = (Object.keys(cellTypes) as CellKind[]).filter(
      (kind) => kind !== cell.kind && cell.kind !== 'unsupported',
    );
    return [
      ...kinds.map((kind) => ({
        name: `Make it ${kindNames[kind]}`,
        run: () => session.document.setKind(cell.id, kind),
      })),
      { name: 'Insert above', what: 'A', run: () => this.ask('insert-above') },
      { name: 'Insert below', what: 'B', run: () => this.ask('insert-below') },
      { name: 'Move up', what: 'Shift+↑', run: () => this.ask('up') },
      { name: 'Move down', what: 'Shift+↓', run: () => this.ask('down') },
      { name: 'Delete', what: 'D D; Z brings it back', danger: true, run: () => this.ask('delete') },
    ];
  }

  private onEditorRun(way: RunWay): void {
    this.editing = false;
    this.ask(`run-${way}`);
  }

  /** A run that has ended goes on by running its cell again: the same spec resumes. */
  private readonly onRunAction = (event: RunActionEvent): void => {
    const run = this.cellState.execution?.runs.runs.find(({ handle }) => handle.id === event.detail.run);
    event.stopPropagation();
    if (event.detail.action === 'resume' && run?.ended) void this.session.run(this.cell.id);
    else this.session.actOnRun(event.detail.run, event.detail.action);
  };

  private ask(request: CellRequest): void {
    this.dispatchEvent(
      new CustomEvent<CellRequest>('cell-request', { detail: request, bubbles: true, composed: true }),
    );
  }
}

const statusWords = {
  idle: 'not run',
  queued: 'waiting',
  running: 'running',
  done: 'done',
  stale: 'stale: run it to update it',
  error: 'failed',
} as const;

declare global {
  interface HTMLElementTagNameMap {
    'amuro-cell': AmuroCell;
  }
}
