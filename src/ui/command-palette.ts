/** <command-palette>: every action by name, with its shortcut; type to narrow, arrows and Enter to choose. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { findCommands } from './command.ts';
import type { Command } from './command.ts';
import { controlStyles } from './control-styles.ts';
import { showShortcut } from './shortcut.ts';

@customElement('command-palette')
export class CommandPalette extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        position: fixed;
        z-index: 40;
        inset: 10vh 0 auto 0;
        width: min(34rem, calc(100vw - 2rem));
        margin: 0 auto;
      }
      .panel {
        border: 1px solid var(--color-border);
        border-radius: calc(var(--radius) * 1.5);
        background: var(--color-raised);
        box-shadow: var(--shadow);
        overflow: hidden;
      }
      input {
        width: 100%;
        min-height: 2.75rem;
        padding: 0 var(--space-4);
        border: 0;
        border-bottom: 1px solid var(--color-border);
        border-radius: 0;
        font-size: var(--size-text);
      }
      input:focus-visible {
        outline-offset: -2px;
      }
      [role='listbox'] {
        max-height: min(24rem, 60vh);
        overflow: auto;
        padding: var(--space-1);
      }
      [role='option'] {
        display: flex;
        justify-content: space-between;
        gap: var(--space-4);
        padding: var(--space-1) var(--space-3);
        border-radius: var(--radius);
        font-size: var(--size-small);
        cursor: pointer;
      }
      [aria-selected='true'] {
        background: var(--color-accent-soft);
      }
      kbd {
        flex: none;
        font-family: inherit;
        color: var(--color-text-quiet);
      }
      p {
        padding: var(--space-3) var(--space-4);
      }
    `,
  ];

  @property({ attribute: false }) commands: readonly Command[] = [];
  @property({ type: Boolean, reflect: true }) open = false;
  @state() private query = '';
  @state() private at = 0;
  private cameFrom: HTMLElement | null = null;

  override render() {
    if (!this.open) return nothing;
    const found = findCommands(this.commands, this.query);
    return html`<div class="panel" role="dialog" aria-label="Commands">
      <input
        role="combobox"
        aria-label="Find a command"
        placeholder="Find a command"
        title="Type part of a command's name"
        autocomplete="off"
        spellcheck="false"
        aria-expanded="true"
        aria-controls="found"
        aria-activedescendant=${found.length > 0 ? `option-${this.at}` : nothing}
        .value=${this.query}
        @input=${(event: Event) => this.search((event.target as HTMLInputElement).value)}
        @keydown=${(event: KeyboardEvent) => this.onKey(event, found)}
        @blur=${() => this.hide(false)}
      />
      <div id="found" role="listbox" aria-label="Commands">
        ${found.map(
          ({ name, shortcut }, index) =>
            html`<div
              role="option"
              id="option-${index}"
              aria-selected=${index === this.at}
              @pointermove=${() => (this.at = index)}
              @pointerdown=${(event: Event) => event.preventDefault()}
              @click=${() => this.choose(found[index])}
            >
              <span>${name}</span>${shortcut ? html`<kbd>${showShortcut(shortcut)}</kbd>` : nothing}
            </div>`,
        )}
      </div>
      ${found.length === 0 ? html`<p class="soft small" role="status">No command has these words.</p>` : nothing}
    </div>`;
  }

  /** Open with an empty query; closing gives the focus back to where it was. */
  show(): void {
    this.cameFrom = deepActiveElement();
    this.query = '';
    this.at = 0;
    this.open = true;
    void this.updateComplete.then(() => this.renderRoot.querySelector('input')?.focus());
  }

  private hide(returnFocus: boolean): void {
    if (!this.open) return;
    this.open = false;
    if (returnFocus) this.cameFrom?.focus();
  }

  private search(query: string): void {
    this.query = query;
    this.at = 0;
  }

  private choose(command: Command | undefined): void {
    if (!command) return;
    this.hide(true);
    command.run();
  }

  private onKey(event: KeyboardEvent, found: readonly Command[]): void {
    const last = Math.max(0, found.length - 1);
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.select(this.at >= last ? 0 : this.at + 1),
      ArrowUp: () => this.select(this.at <= 0 ? last : this.at - 1),
      Enter: () => this.choose(found[this.at]),
      Escape: () => this.hide(true),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    moves[event.key]!();
  }

  private select(at: number): void {
    this.at = at;
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }),
    );
  }
}

function deepActiveElement(): HTMLElement | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active as HTMLElement | null;
}

declare global {
  interface HTMLElementTagNameMap {
    'command-palette': CommandPalette;
  }
}
