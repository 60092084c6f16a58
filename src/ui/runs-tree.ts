/** <runs-tree>: every run by its origin; arrow keys walk it, Enter unfolds what a run says of itself. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { controlStyles } from './control-styles.ts';
import { glyphs } from './glyphs.ts';
import { checkpointExportButton, tunedExportButton } from './model-export.ts';
import { nameOf, stateOf } from './lineage-words.ts';
import './run-details.ts';
import { lineage } from './run-lineage.ts';
import type { LineageNode } from './run-lineage.ts';
import { actionsFor, standing } from './run-view.ts';
import type { RunAction, RunView } from './run-view.ts';
import { runsTreeStyles } from './runs-tree-styles.ts';

interface Row {
  readonly node: LineageNode;
  readonly depth: number;
}

@customElement('runs-tree')
export class RunsTree extends LitElement {
  static override styles = [controlStyles, runsTreeStyles];

  @property({ attribute: false }) runs: readonly RunView[] = [];
  @property({ type: Boolean }) readonly = false;
  /** Nodes whose children are shown; pre-training runs and imports are from the start. */
  @state() private open: ReadonlyMap<string, boolean> = new Map();
  @state() private selected = '';
  @state() private confirming = '';
  private focused = '';

  override render() {
    if (this.runs.length === 0)
      return html`<p class="small soft">
          Nothing has been trained here yet. Run the cells of a notebook: each pre-training run appears here
          with its checkpoints, and below them what was fine-tuned and evaluated.
        </p>
        ${this.renderImport()}`;
    const rows = this.visible(lineage(this.runs));
    if (!rows.some((row) => row.node.key === this.focused)) this.focused = rows[0]!.node.key;
    return html` <ul aria-label="Runs" @keydown=${(event: KeyboardEvent) => this.onKey(event, rows)}>
        ${repeat(
          rows,
          (row) => row.node.key,
          (row) => this.renderRow(row),
        )}
      </ul>
      ${this.renderImport()}`;
  }

  private renderImport() {
    if (this.readonly) return nothing;
    return html`<div class="import">
      <button
        title="Published checkpoints from the hub, or a model’s folder"
        @click=${() => this.dispatchEvent(new CustomEvent('import-model', { bubbles: true, composed: true }))}
      >
        ${glyphs.plus}Import a model…
      </button>
    </div>`;
  }

  private visible(nodes: readonly LineageNode[], depth = 0): Row[] {
    return nodes.flatMap((node) => [
      { node, depth },
      ...(this.isOpen(node) ? this.visible(node.children, depth + 1) : []),
    ]);
  }

  private isOpen(node: LineageNode): boolean {
    if (node.kind === 'checkpoint') return this.open.get(node.key) ?? false;
    const { kind } = node.view.record.spec;
    return this.open.get(node.key) ?? (kind === 'pretrain' || kind === 'import');
  }

  private renderRow({ node, depth }: Row) {
    const selected = node.key === this.selected;
    const open = this.isOpen(node);
    return html`<li class="depth-${Math.min(depth, 3)}">
      <div class="row ${selected ? 'selected' : ''}">
        ${
          node.children.length > 0
            ? html`<button
                class="quiet fold"
                tabindex="-1"
                aria-label="${open ? 'Fold' : 'Unfold'} ${nameOf(node)}"
                title=${open ? 'Fold' : 'Unfold'}
                aria-expanded=${open}
                @click=${() => this.fold(node, !open)}
              >
                <span class="chevron ${open ? 'open' : ''}">${glyphs.chevron}</span>
              </button>`
            : html`<span class="fold"></span>`
        }
        <button
          class="quiet name"
          data-key=${node.key}
          tabindex=${node.key === this.focused ? 0 : -1}
          title=${nameOf(node)}
          aria-expanded=${node.kind === 'run' ? selected : open}
          @focus=${() => this.noteFocus(node.key)}
          @click=${() => (node.kind === 'run' ? this.select(node.key) : this.fold(node, !open))}
        >
          <span class="text">${nameOf(node)}</span>
          ${stateOf(node)}
        </button>
        ${node.kind === 'checkpoint' ? checkpointExportButton(node, node.key === this.focused) : nothing}
      </div>
      ${selected && node.kind === 'run' ? this.renderDetails(node.view) : nothing}
    </li>`;
  }

  private renderDetails(run: RunView) {
    return html`<div class="details">
      ${standing(run).error ? html`<p class="error small" role="alert">${standing(run).error}</p>` : nothing}
      <div class="actions">
        ${tunedExportButton(run)} ${this.readonly ? nothing : this.renderActions(run)}
      </div>
      <run-details .run=${run} .others=${this.runs}></run-details>
    </div>`;
  }

  private renderActions(run: RunView) {
    const { id } = run.record;
    return actionsFor(run).map((action) =>
      action === 'remove'
        ? this.renderRemove(id)
        : html`<button @click=${() => this.ask(id, action)}>
            ${action[0]!.toUpperCase() + action.slice(1)}
          </button>`,
    );
  }

  /** Weights cannot be had back, so removing asks once more, in place. */
  private renderRemove(id: string) {
    if (this.confirming !== id)
      return html`<button
        class="danger"
        title="Delete this run and its checkpoints"
        @click=${() => (this.confirming = id)}
      >
        Remove…
      </button>`;
    return html`<button class="danger" @click=${() => this.ask(id, 'remove')}>Remove for good</button>
      <button @click=${() => (this.confirming = '')}>Keep</button>`;
  }

  private ask(run: string, action: RunAction): void {
    this.confirming = '';
    const detail = { run, action };
    this.dispatchEvent(new CustomEvent('run-action', { detail, bubbles: true, composed: true }));
  }

  private select(key: string): void {
    this.selected = this.selected === key ? '' : key;
    this.confirming = '';
  }

  private fold(node: LineageNode, open: boolean): void {
    if (node.children.length > 0) this.open = new Map(this.open).set(node.key, open);
  }

  private noteFocus(key: string): void {
    if (this.focused === key) return;
    this.focused = key;
    this.requestUpdate();
  }

  private onKey(event: KeyboardEvent, rows: readonly Row[]): void {
    const key = (event.target as HTMLElement).dataset['key'];
    const at = rows.findIndex((row) => row.node.key === key);
    if (at < 0) return;
    const { node, depth } = rows[at]!;
    const parent = rows.findLastIndex((row, index) => index < at && row.depth < depth);
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.go(rows[at + 1]),
      ArrowUp: () => this.go(rows[at - 1]),
      Home: () => this.go(rows[0]),
      End: () => this.go(rows.at(-1)),
      ArrowRight: () => (this.isOpen(node) ? this.go(rows[at + 1]) : this.fold(node, true)),
      ArrowLeft: () =>
        this.isOpen(node) && node.children.length > 0 ? this.fold(node, false) : this.go(rows[parent]),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]!();
  }

  private go(row: Row | undefined): void {
    if (!row) return;
    this.renderRoot.querySelector<HTMLElement>(`[data-key="${CSS.escape(row.node.key)}"]`)?.focus();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'runs-tree': RunsTree;
  }
}
