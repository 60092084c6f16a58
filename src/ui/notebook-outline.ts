/** <notebook-outline>: the headings of the open notebook; choosing one goes there. */
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import type { OutlineEntry } from './outline.ts';

export type OutlineSelectEvent = CustomEvent<OutlineEntry>;

@customElement('notebook-outline')
export class NotebookOutline extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
      }
      button {
        width: 100%;
        justify-content: flex-start;
        white-space: normal;
        text-align: left;
        padding-block: 2px;
      }
      .level-2 {
        padding-left: calc(var(--space-2) + 0.75rem);
      }
      .level-3 {
        padding-left: calc(var(--space-2) + 1.5rem);
      }
      p {
        padding: 0 var(--space-2);
      }
    `,
  ];

  @property({ attribute: false }) entries: readonly OutlineEntry[] = [];

  override render() {
    if (this.entries.length === 0)
      return html`<p class="small soft">Headings of text cells (a line that starts with #) appear here.</p>`;
    return html`<ul>
      ${this.entries.map(
        (entry) =>
          html`<li>
            <button
              class="quiet level-${Math.min(3, entry.level)}"
              title="Go to ${entry.text}"
              @click=${() => this.choose(entry)}
            >
              ${entry.text}
            </button>
          </li>`,
      )}
    </ul>`;
  }

  private choose(entry: OutlineEntry): void {
    this.dispatchEvent(new CustomEvent('outline-select', { detail: entry, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'notebook-outline': NotebookOutline;
  }
  interface HTMLElementEventMap {
    'outline-select': OutlineSelectEvent;
  }
}
