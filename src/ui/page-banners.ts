/** <page-banners>: what a person must know before going on: another tab, a notebook or an engine in trouble. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import './engine-banner.ts';
import type { EngineStatus } from './engine-status.ts';
import './hub-question.ts';
import type { Session } from './session.ts';
import { StoresController } from './store.ts';

@customElement('page-banners')
export class PageBanners extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
      }
      section {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-2) var(--space-3);
        padding: var(--space-2) var(--space-4);
        border-bottom: 1px solid var(--color-border);
        background: var(--color-accent-soft);
        font-size: var(--size-small);
      }
    `,
  ];

  @property({ attribute: false }) session!: Session;
  /** The state of the engine whose message was hidden; another state shows itself again. */
  @state() private dismissed: EngineStatus | null = null;
  @state() private ourTurn = false;

  constructor() {
    super();
    new StoresController(this, () => {
      const { control, unresponsive, consent } = this.session;
      return [control.status, control.storage, unresponsive, consent.questions];
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.session.readOnly) void this.session.turn.then(() => (this.ourTurn = true));
  }

  override render() {
    const { session } = this;
    const status = session.control.status.value;
    return html`
      ${session.readOnly ? this.renderReading() : nothing}
      ${session.unresponsive.value ? this.renderUnresponsive() : nothing} ${this.renderQuestion()}
      ${
        status === this.dismissed
          ? nothing
          : html`<engine-banner
              .status=${status}
              @engine-restart=${() => void session.restartEngine('the person asked for a restart')}
              @engine-dismiss=${() => (this.dismissed = status)}
            ></engine-banner>`
      }
    `;
  }

  private renderReading() {
    return html`<section role="status">
      <span>amuro is open in another tab, which may train and write; this tab only reads.</span>
      ${
        this.ourTurn
          ? html`<button class="primary" @click=${() => location.reload()}>Continue here</button>`
          : html`<span class="soft">Close that tab to continue here.</span>`
      }
    </section>`;
  }

  private renderQuestion() {
    const [question] = this.session.consent.questions.value;
    if (!question) return nothing;
    const storage = this.session.control.storage.value;
    return html`<hub-question
      .question=${question}
      .free=${storage && storage.quota > 0 ? storage.quota - storage.usage : null}
    ></hub-question>`;
  }

  private renderUnresponsive() {
    return html`<section role="alert">
      <span
        >The notebook has stopped answering: one of its cells may loop for ever. Runs are not affected.</span
      >
      <button @click=${() => this.session.notebookView?.restart()}>Restart the notebook</button>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'page-banners': PageBanners;
  }
}
