/** <menu-button>: a button that opens a short list of actions beside it; arrow keys, Escape, click outside. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import { glyphs } from './glyphs.ts';

export interface MenuItem {
  readonly name: string;
  /** Second line: what it does or what the file is for. */
  readonly what?: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly run: () => void;
}

@customElement('menu-button')
export class MenuButton extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        position: relative;
        display: inline-block;
      }
      [role='menu'] {
        position: absolute;
        z-index: 20;
        inset: var(--menu-inset, calc(100% + 4px) 0 auto auto);
        width: max-content;
        max-width: min(20rem, 90vw);
        padding: var(--space-1);
        border: 1px solid var(--color-border);
        border-radius: var(--radius);
        background: var(--color-raised);
        box-shadow: var(--shadow);
      }
      [role='menuitem'] {
        display: block;
        width: 100%;
        height: auto;
        padding: var(--space-1) var(--space-2);
        border: 0;
        background: none;
        text-align: left;
        white-space: normal;
      }
      [role='menuitem'] small {
        display: block;
        color: var(--color-text-quiet);
        font-size: 0.75rem;
      }
    `,
  ];

  /** The button's name; shown unless `compact`. */
  @property() label = '';
  @property() hint = '';
  @property({ type: Boolean }) compact = false;
  @property({ type: Boolean }) disabled = false;
  @property({ attribute: false }) glyph: unknown = glyphs.more;
  @property({ attribute: false }) items: readonly MenuItem[] = [];
  @state() private open = false;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.close();
  }

  override render() {
    return html`
      <button
        class=${this.compact ? 'quiet icon' : ''}
        aria-label=${this.label}
        title=${this.hint || this.label}
        aria-haspopup="menu"
        aria-expanded=${this.open}
        ?disabled=${this.disabled}
        @click=${() => (this.open ? this.close() : this.show())}
        @keydown=${this.onButtonKey}
      >
        ${this.glyph}${this.compact ? nothing : this.label}
      </button>
      ${
        this.open
          ? html`<div role="menu" tabindex="-1" aria-label=${this.label} @keydown=${this.onMenuKey}>
              ${this.items.map(
                (item) =>
                  html`<button
                    role="menuitem"
                    tabindex="-1"
                    class=${item.danger ? 'danger' : ''}
                    ?disabled=${item.disabled ?? false}
                    @click=${() => this.choose(item)}
                  >
                    ${item.name}${item.what ? html`<small>${item.what}</small>` : nothing}
                  </button>`,
              )}
            </div>`
          : nothing
      }
    `;
  }

  /** Open the list and go to its first action. */
  show(): void {
    this.open = true;
    document.addEventListener('pointerdown', this.onOutside, true);
    window.addEventListener('blur', this.onBlur);
    void this.updateComplete.then(() => this.move(0));
  }

  private close(returnFocus = false): void {
    this.open = false;
    document.removeEventListener('pointerdown', this.onOutside, true);
    window.removeEventListener('blur', this.onBlur);
    if (returnFocus) this.renderRoot.querySelector('button')?.focus();
  }

  private readonly onOutside = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.close();
  };

  /** A click into the notebook frame reaches this page only as a loss of focus. */
  private readonly onBlur = (): void => this.close();

  private choose(item: MenuItem): void {
    this.close(true);
    item.run();
  }

  private readonly onButtonKey = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' || this.open) return;
    event.preventDefault();
    this.show();
  };

  private readonly onMenuKey = (event: KeyboardEvent): void => {
    const items = this.enabled();
    const at = items.indexOf(this.shadowRoot?.activeElement as HTMLButtonElement);
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.move(at + 1),
      ArrowUp: () => this.move(at - 1),
      Home: () => this.move(0),
      End: () => this.move(items.length - 1),
      Escape: () => this.close(true),
      Tab: () => this.close(),
    };
    const act = moves[event.key];
    if (!act) return;
    if (event.key !== 'Tab') event.preventDefault();
    event.stopPropagation();
    act();
  };

  private move(to: number): void {
    const items = this.enabled();
    items.at(to % Math.max(1, items.length))?.focus();
  }

  private enabled(): HTMLButtonElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLButtonElement>('[role=menuitem]:not(:disabled)')];
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'menu-button': MenuButton;
  }
}
