/** <amuro-notebook>: the cells in order, the keyboard between them, and a place to add one. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { CellKind } from '../../notebook/notebook.ts';
import type { NotebookSession } from '../../notebook/notebook-session.ts';
import { controlStyles } from '../control-styles.ts';
import { glyphs } from '../glyphs.ts';
import './amuro-cell.ts';
import type { AmuroCell, CellRequest } from './amuro-cell.ts';
import { CommandMode, type NotebookCommand } from './command-mode.ts';
import { notebookStyles } from './notebook-styles.ts';

@customElement('amuro-notebook')
export class AmuroNotebook extends LitElement {
  static override styles = [controlStyles, notebookStyles];

  @property({ attribute: false }) session: NotebookSession | null = null;
  @state() private selected = -1;
  @state() private announcement = '';
  readonly #commands = new CommandMode();

  override render() {
    const { session } = this;
    if (session === null) return nothing;
    const { cells } = session.document;
    const selected = cells.some(({ id }) => id === this.selected) ? this.selected : (cells[0]?.id ?? -1);
    return html`
      <main aria-label="Notebook" @keydown=${this.onKey} @cell-request=${this.onRequest}>
        ${this.renderHead(session)} ${cells.length === 0 ? this.renderEmpty() : nothing}
        ${repeat(
          cells,
          ({ id }) => id,
          (cell, at) => html`
            ${this.renderBetween(at)}
            <amuro-cell
              data-id=${cell.id}
              .cell=${cell}
              .session=${session}
              .place=${at + 1}
              ?selected=${cell.id === selected}
            ></amuro-cell>
          `,
        )}
        ${
          session.readOnly
            ? nothing
            : html`<div class="end">
                <button title="Add a code cell at the end" @click=${() => this.insert(cells.length, 'js')}>
                  ${glyphs.plus}Code
                </button>
                <button title="Add text at the end" @click=${() => this.insert(cells.length, 'md')}>
                  ${glyphs.plus}Text
                </button>
                ${
                  session.document.canUndoDelete
                    ? html`<button
                        class="quiet"
                        title="Bring back the cell deleted last (Z)"
                        @click=${() => this.perform('undo-delete')}
                      >
                        Undo delete
                      </button>`
                    : nothing
                }
              </div>`
        }
      </main>
      <p class="visually-hidden" role="status">${this.announcement}</p>
    `;
  }

  /** A cell's state has changed: only that cell is drawn again. */
  redrawCell(id: number): void {
    this.cellElement(id)?.requestUpdate();
  }

  /** Scrolls to a cell and selects it. */
  reveal(id: number): void {
    this.selectCell(id);
    this.cellElement(id)?.scrollIntoView({ block: 'start', behavior: 'auto' });
  }

  private renderHead(session: NotebookSession) {
    const uses = session.document.cells.some(({ id }) => session.state(id).code?.inputs.includes('profile'));
    if (!uses) return nothing;
    return html`<div class="head">
      <label>
        Profile
        <select
          title="Sizes that this notebook's cells choose by"
          .value=${session.settings.profile}
          @change=${(event: Event) => session.setProfile((event.target as HTMLSelectElement).value === 'full' ? 'full' : 'quick')}
        >
          <option value="quick" ?selected=${session.settings.profile === 'quick'}>
            quick: minutes, any device
          </option>
          <option value="full" ?selected=${session.settings.profile === 'full'}>full: a real GPU</option>
        </select>
      </label>
    </div>`;
  }

  private renderEmpty() {
    return html`<div class="empty">
      <p>
        An empty notebook. Code cells train, evaluate and draw; text cells explain. Start with the name of a
        dataset:
      </p>
      <p>
        <button class="primary" @click=${() => this.insert(0, 'js', 'datasets()')}>Try datasets()</button>
      </p>
    </div>`;
  }

  private renderBetween(at: number) {
    if (this.session!.readOnly) return nothing;
    return html`<div class="between">
      <button tabindex="-1" title="Insert a code cell here" @click=${() => this.insert(at, 'js')}>
        + Code
      </button>
      <button tabindex="-1" title="Insert text here" @click=${() => this.insert(at, 'md')}>+ Text</button>
    </div>`;
  }

  private cellElement(id: number): AmuroCell | null {
    return this.renderRoot.querySelector<AmuroCell>(`amuro-cell[data-id='${id}']`);
  }

  private selectCell(id: number | undefined, edit = false): void {
    if (id === undefined) return;
    this.selected = id;
    void this.updateComplete.then(async () => {
      const cell = this.cellElement(id);
      await cell?.updateComplete;
      if (edit) cell?.edit();
      else cell?.select();
    });
  }

  private insert(at: number, kind: CellKind, source = ''): void {
    this.selectCell(this.session!.document.insert(at, kind, source), true);
  }

  private readonly onRequest = (event: CustomEvent<CellRequest>): void => {
    const { id } = (event.target as AmuroCell).cell;
    if (event.detail === 'select') {
      this.selected = id;
      return;
    }
    this.selected = id;
    if (event.detail === 'leave') this.selectCell(id);
    else this.perform(event.detail);
  };

  /** Keys are commands only while the cell itself has the keyboard, not something in it. */
  private readonly onKey = (event: KeyboardEvent): void => {
    const [target] = event.composedPath();
    if (!(target instanceof HTMLElement) || target.localName !== 'article') return;
    const command = this.#commands.command(event, event.timeStamp);
    if (command === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.perform(command);
  };

  private perform(command: NotebookCommand): void {
    const { document, readOnly } = this.session!;
    const id = this.selected;
    const at = document.cells.findIndex((cell) => cell.id === id);
    if (at < 0 && command !== 'undo-delete') return;
    const edits = !/^(edit|run-next|run-stay|select-)/.test(command);
    if (readOnly && edits) return;
    const kind = document.cells[at]?.kind === 'md' ? 'md' : 'js';
    switch (command) {
      case 'edit':
        return this.selectCell(id, true);
      case 'run-stay':
      case 'run-next':
      case 'run-insert':
        return this.runFrom(at, command);
      case 'insert-above':
        return this.insert(at, kind);
      case 'insert-below':
        return this.insert(at + 1, kind);
      case 'delete':
        return this.delete(at);
      case 'undo-delete':
        return this.selectCell(document.undoDelete() ?? undefined);
      case 'to-text':
      case 'to-code':
        document.setKind(id, command === 'to-text' ? 'md' : 'js');
        return this.selectCell(id);
      case 'up':
      case 'down':
        document.move(id, command === 'up' ? -1 : 1);
        this.announcement = `Cell moved to place ${document.indexOf(id) + 1} of ${document.cells.length}`;
        return this.selectCell(id);
      case 'select-above':
        return this.selectCell(document.cells[Math.max(0, at - 1)]?.id);
      case 'select-below':
        return this.selectCell(document.cells[Math.min(document.cells.length - 1, at + 1)]?.id);
      case 'select-first':
        return this.selectCell(document.cells[0]?.id);
      case 'select-last':
        return this.selectCell(document.cells.at(-1)?.id);
    }
  }

  private runFrom(at: number, command: 'run-stay' | 'run-next' | 'run-insert'): void {
    const { document, readOnly } = this.session!;
    const { id } = document.cells[at]!;
    void this.session!.run(id);
    const next = document.cells[at + 1];
    if (command === 'run-stay') this.selectCell(id);
    else if (command === 'run-next' && next !== undefined) this.selectCell(next.id);
    else if (!readOnly) this.insert(at + 1, 'js');
  }

  private delete(at: number): void {
    const { document } = this.session!;
    document.delete(document.cells[at]!.id);
    this.announcement = `Cell ${at + 1} deleted; press Z to bring it back`;
    this.selectCell(document.cells[Math.min(at, document.cells.length - 1)]?.id);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'amuro-notebook': AmuroNotebook;
  }
}
