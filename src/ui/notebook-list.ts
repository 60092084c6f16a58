/** <notebook-list>: bundled studies and the person's own notebooks; each with its actions, renamed in place. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import { glyphs } from './glyphs.ts';
import './menu-button.ts';
import type { MenuItem } from './menu-button.ts';
import { hashOfNotebook } from './launch.ts';

export interface NotebookEntry {
  readonly id: string;
  readonly title: string;
  /** Comes with amuro; its own text can always be had back. */
  readonly bundled: boolean;
  /** A copy is kept in this browser: an own notebook, or a bundled one that was changed. */
  readonly kept: boolean;
}

export type NotebookAction =
  | { readonly action: 'create' }
  | { readonly action: 'import' }
  | { readonly action: 'duplicate' | 'remove' | 'export'; readonly id: string }
  | { readonly action: 'rename'; readonly id: string; readonly title: string };
export type NotebookActionEvent = CustomEvent<NotebookAction>;

@customElement('notebook-list')
export class NotebookList extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
      }
      li {
        display: flex;
        align-items: center;
        border-radius: var(--radius);
      }
      li:hover {
        background: var(--color-hover);
      }
      li.current {
        background: var(--color-accent-soft);
      }
      a {
        flex: 1;
        min-width: 0;
        padding: 3px var(--space-2);
        border-radius: var(--radius);
        color: inherit;
        font-size: var(--size-small);
        text-decoration: none;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .current a {
        font-weight: 600;
      }
      h3 {
        padding: var(--space-2) var(--space-2) 2px;
        font-size: 0.75rem;
        font-weight: 500;
        color: var(--color-text-quiet);
      }
      p {
        padding: 0 var(--space-2);
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
        padding: var(--space-2) var(--space-2) 0;
      }
      input {
        flex: 1;
        min-width: 0;
      }
      @media (pointer: coarse) {
        a {
          padding-block: var(--space-2);
        }
      }
    `,
  ];

  @property({ attribute: false }) entries: readonly NotebookEntry[] = [];
  /** Id of the open notebook. */
  @property() current = '';
  @property({ type: Boolean }) readonly = false;
  @state() private renaming = '';

  override render() {
    const bundled = this.entries.filter((entry) => entry.bundled);
    const own = this.entries.filter((entry) => !entry.bundled);
    return html`
      ${
        bundled.length > 0
          ? html`<h3>Studies and lessons</h3>
              <ul>
                ${bundled.map((entry) => this.renderEntry(entry))}
              </ul>`
          : nothing
      }
      <h3>Your notebooks</h3>
      ${
        own.length > 0
          ? html`<ul>
              ${own.map((entry) => this.renderEntry(entry))}
            </ul>`
          : html`<p class="small soft">Notebooks you make or import are kept in this browser.</p>`
      }
      <div class="actions">
        <button
          title="New empty notebook"
          ?disabled=${this.readonly}
          @click=${() => this.ask({ action: 'create' })}
        >
          ${glyphs.plus}New
        </button>
        <button
          title="Open a notebook file: .html, .ipynb or .md"
          ?disabled=${this.readonly}
          @click=${() => this.ask({ action: 'import' })}
        >
          Import…
        </button>
      </div>
    `;
  }

  private renderEntry(entry: NotebookEntry) {
    if (this.renaming === entry.id) return this.renderRename(entry);
    const current = entry.id === this.current;
    return html`<li class=${current ? 'current' : ''}>
      <a href=${hashOfNotebook(entry.id)} title=${entry.title} aria-current=${current ? 'page' : 'false'}>
        ${entry.title}${entry.bundled && entry.kept ? html` <span class="soft">(edited)</span>` : nothing}
      </a>
      <menu-button compact label="Actions for ${entry.title}" .items=${this.actions(entry)}></menu-button>
    </li>`;
  }

  private renderRename(entry: NotebookEntry) {
    const finish = (event: Event): void => {
      if (this.renaming !== entry.id) return; // Escape closed the field, and closing blurs it
      this.renaming = '';
      const title = (event.target as HTMLInputElement).value.trim();
      if (title && title !== entry.title) this.ask({ action: 'rename', id: entry.id, title });
    };
    return html`<li>
      <input
        aria-label="New title"
        title="Enter keeps the title, Escape leaves it"
        maxlength="200"
        .value=${entry.title}
        @blur=${finish}
        @keydown=${(event: KeyboardEvent) => {
          event.stopPropagation();
          if (event.key === 'Enter') finish(event);
          if (event.key === 'Escape') this.renaming = '';
        }}
      />
    </li>`;
  }

  private actions({ id, bundled, kept }: NotebookEntry): readonly MenuItem[] {
    const disabled = this.readonly;
    const items: MenuItem[] = [
      { name: 'Duplicate', disabled, run: () => this.ask({ action: 'duplicate', id }) },
      {
        name: 'Export',
        what: 'the notebook as one .html file',
        run: () => this.ask({ action: 'export', id }),
      },
    ];
    if (!bundled) items.unshift({ name: 'Rename', disabled, run: () => this.rename(id) });
    const what = bundled ? 'back to the text it came with; can be undone' : 'can be undone';
    if (kept)
      items.push({
        name: bundled ? 'Restore' : 'Delete',
        what,
        danger: true,
        disabled,
        run: () => this.ask({ action: 'remove', id }),
      });
    return items;
  }

  private rename(id: string): void {
    this.renaming = id;
    void this.updateComplete.then(() => this.renderRoot.querySelector('input')?.select());
  }

  private ask(detail: NotebookAction): void {
    this.dispatchEvent(new CustomEvent('notebook-action', { detail, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'notebook-list': NotebookList;
  }
  interface HTMLElementEventMap {
    'notebook-action': NotebookActionEvent;
  }
}
