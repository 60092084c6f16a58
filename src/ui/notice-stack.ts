/** <notice-stack>: the page's short messages, announced politely, each with its one action and a way to close it. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { controlStyles } from './control-styles.ts';
import { glyphs } from './glyphs.ts';
import type { Notices } from './notices.ts';
import type { Notice } from './notices.ts';
import { StoresController } from './store.ts';

@customElement('notice-stack')
export class NoticeStack extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        position: fixed;
        z-index: 30;
        right: var(--space-4);
        bottom: var(--space-4);
        width: min(26rem, calc(100vw - 2 * var(--space-4)));
        pointer-events: none;
      }
      .list {
        display: grid;
        gap: var(--space-2);
      }
      .notice {
        display: flex;
        align-items: flex-start;
        gap: var(--space-2);
        padding: var(--space-2) var(--space-2) var(--space-2) var(--space-3);
        border: 1px solid var(--color-border);
        border-radius: var(--radius);
        background: var(--color-raised);
        box-shadow: var(--shadow);
        font-size: var(--size-small);
        pointer-events: auto;
      }
      .notice.problem {
        border-color: var(--color-danger);
      }
      .notice p {
        flex: 1;
        min-width: 0;
        padding: 3px 0;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) notices!: Notices;

  constructor() {
    super();
    new StoresController(this, () => [this.notices.list]);
  }

  override render() {
    return html`<div class="list" role="log" aria-label="Messages">
      ${repeat(
        this.notices.list.value,
        ({ id }) => id,
        (notice) => this.renderNotice(notice),
      )}
    </div>`;
  }

  private renderNotice({ id, text, tone, action }: Notice) {
    return html`<div class="notice ${tone}">
      <p>${text}</p>
      ${
        action
          ? html`<button
              @click=${() => {
                this.notices.close(id);
                action.run();
              }}
            >
              ${action.name}
            </button>`
          : nothing
      }
      <button
        class="quiet icon"
        aria-label="Close message"
        title="Close"
        @click=${() => this.notices.close(id)}
      >
        ${glyphs.close}
      </button>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'notice-stack': NoticeStack;
  }
}
