/** <hub-question>: a notebook wants something of a hub: which host, which repository, how many bytes; yes or no. */
import { LitElement, css, html } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import type { HubQuestion as Question } from './hub-consent.ts';
import { formatBytes, formatCount } from './quantities.ts';

@customElement('hub-question')
export class HubQuestionElement extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        font-size: var(--size-small);
      }
      section {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2) var(--space-3);
        padding: var(--space-3) var(--space-4);
        border-bottom: 1px solid var(--color-border);
        background: var(--color-accent-soft);
      }
      section:focus-visible {
        outline-offset: -2px;
      }
      p {
        flex: 1 1 20rem;
        overflow-wrap: anywhere;
      }
      .answers {
        display: flex;
        gap: var(--space-2);
      }
    `,
  ];

  @property({ attribute: false }) question!: Question;
  /** Bytes that this browser still grants; null where it does not say. */
  @property({ attribute: false }) free: number | null = null;

  /** The question takes the keyboard, its buttons do not: a key pressed on the way here answers nothing. */
  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('question')) this.renderRoot.querySelector('section')?.focus();
  }

  override render() {
    const { download } = this.question;
    return html`<section role="alertdialog" tabindex="-1" aria-labelledby="what" aria-describedby="why">
      <p>
        <span id="what">${this.what}</span>
        <span id="why" class="soft">
          ${
            download
              ? `They are kept in this browser, which grants ${this.free === null ? 'an unknown amount' : formatBytes(this.free)} more.`
              : 'Nothing of yours is sent; before anything large is downloaded, you are asked with its size.'
          }
        </span>
      </p>
      <div class="answers">
        <button class="primary" @click=${() => this.question.answer(true)}>
          ${download ? 'Download' : 'Allow'}
        </button>
        <button @click=${() => this.question.answer(false)}>Don’t allow</button>
      </div>
    </section>`;
  }

  private get what() {
    const { address, repository, download } = this.question;
    const host = html`<b>${address.replace(/^https:\/\//, '')}</b>`;
    if (!download)
      return html`This notebook asks ${host} for the list of revisions of <b>${repository}</b>, and for their
        sizes.`;
    const { revisions, bytes } = download;
    return html`This notebook wants to download
      ${revisions === 1 ? 'one revision' : `${formatCount(revisions)} revisions`} of <b>${repository}</b> from
      ${host}: <b>${formatBytes(bytes)}</b>.`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hub-question': HubQuestionElement;
  }
}
