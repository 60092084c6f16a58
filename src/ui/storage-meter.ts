/** <storage-meter>: what this browser keeps for amuro, how much room is left, whether it may be evicted, and Erase. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { StorageEstimate } from '../worker/protocol.ts';
import { controlStyles } from './control-styles.ts';
import { formatBytes } from './quantities.ts';

export type StorageActionEvent = CustomEvent<'persist' | 'clear'>;
/** Above this share of the quota a long run may not be able to keep its next checkpoints. */
const NEARLY_FULL = 0.85;

@customElement('storage-meter')
export class StorageMeter extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        gap: var(--space-2);
        padding: 0 var(--space-2);
        font-size: var(--size-small);
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-2);
      }
      .warning {
        color: var(--color-warning);
      }
    `,
  ];

  @property({ attribute: false }) estimate: StorageEstimate | null = null;
  @property({ type: Boolean }) readonly = false;
  @state() private confirming = false;

  override render() {
    if (!this.estimate)
      return html`<p class="soft">How much is kept here is shown once the engine answers.</p>`;
    const { usage, quota, persisted, shards } = this.estimate;
    const full = quota > 0 && usage / quota > NEARLY_FULL;
    return html`
      <progress max=${Math.max(1, quota)} .value=${usage} aria-label="Storage used"></progress>
      <p>
        <b>${formatBytes(usage)}</b>
        <span class="soft">of ${formatBytes(quota)} · checkpoints ${formatBytes(shards)}</span>
      </p>
      ${full ? html`<p class="warning">Nearly full: remove runs you no longer need, or new checkpoints cannot be kept.</p>` : nothing}
      <p class="soft">
        ${persisted ? 'Kept until you erase it.' : 'The browser may delete this when the disk is full.'}
      </p>
      ${this.readonly ? nothing : this.renderActions(persisted)}
    `;
  }

  private renderActions(persisted: boolean) {
    if (this.confirming)
      return html`<p role="alert">
          Erase all runs, checkpoints, rows, files and your notebooks from this browser?
        </p>
        <div class="actions">
          <button class="danger" @click=${() => this.ask('clear')}>Erase everything</button>
          <button @click=${() => (this.confirming = false)}>Keep</button>
        </div>`;
    return html`<div class="actions">
      ${
        persisted
          ? nothing
          : html`<button
              title="Ask the browser never to delete it by itself"
              @click=${() => this.ask('persist')}
            >
              Keep it
            </button>`
      }
      <button
        class="danger"
        title="Delete everything kept in this browser"
        @click=${() => (this.confirming = true)}
      >
        Erase…
      </button>
    </div>`;
  }

  private ask(detail: 'persist' | 'clear'): void {
    this.confirming = false;
    this.dispatchEvent(new CustomEvent('storage-action', { detail, bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'storage-meter': StorageMeter;
  }
  interface HTMLElementEventMap {
    'storage-action': StorageActionEvent;
  }
}
