/** <engine-banner>: nothing while all is well; otherwise what is wrong with the GPU and what to do about it. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import { webGpuAdvice } from './engine-status.ts';
import type { EngineStatus } from './engine-status.ts';
import { glyphs } from './glyphs.ts';

@customElement('engine-banner')
export class EngineBanner extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        font-size: var(--size-small);
      }
      section {
        display: flex;
        gap: var(--space-3);
        padding: var(--space-2) var(--space-4);
        border-bottom: 1px solid var(--color-border);
      }
      .bad {
        background: var(--color-danger-soft);
      }
      .careful {
        background: var(--color-warning-soft);
      }
      .good {
        background: var(--color-surface);
      }
      section > svg {
        margin-top: 2px;
      }
      .words {
        flex: 1;
        min-width: 0;
        display: grid;
        gap: var(--space-1);
        justify-items: start;
        overflow-wrap: anywhere;
      }
      ol {
        margin: 0;
        padding-left: 1.25rem;
      }
    `,
  ];

  @property({ attribute: false }) status: EngineStatus = { state: 'starting' };

  override render() {
    const { status } = this;
    switch (status.state) {
      case 'starting':
        return nothing;
      case 'ready':
        return status.info.software ? this.renderSoftware(status.info.adapter) : nothing;
      case 'lost':
        return this.renderBox(
          'careful',
          'The GPU stopped answering',
          html`<p>${status.message}</p>
            <p>Another device is being asked for. Runs go on from their last checkpoint by themselves.</p>`,
        );
      case 'recovered':
        return this.renderBox('good', 'The GPU is back', html`<p>${status.message}</p>`);
      case 'unavailable':
        return this.renderUnavailable(status.message);
      case 'stopped':
        return this.renderBox(
          'bad',
          'The engine stopped',
          html`<p>${status.message}</p>
            <button class="primary" @click=${() => this.ask('engine-restart')}>Restart the engine</button>`,
        );
    }
  }

  private renderUnavailable(message: string) {
    const { userAgent } = navigator;
    const advice = webGpuAdvice({ userAgent, secureContext: isSecureContext, hasWebGpu: 'gpu' in navigator });
    return this.renderBox(
      'bad',
      'Nothing can be trained here yet: no GPU is available to this page',
      html`<p>${message}</p>
        <ol>
          ${advice.map((step) => html`<li>${step}</li>`)}
        </ol>
        <p>Notebooks, their text and results kept in this browser can be read meanwhile.</p>
        <button @click=${() => this.ask('engine-restart')}>Try again</button>`,
    );
  }

  private renderSoftware(adapter: string) {
    return this.renderBox(
      'careful',
      'This browser computes WebGPU on the CPU',
      html`<p>
        ${adapter}: results are right, but a hundred times slower than on a graphics card. Use the quick
        profile, or turn on graphics acceleration in the browser's settings.
      </p>`,
    );
  }

  private renderBox(tone: 'bad' | 'careful' | 'good', title: string, words: unknown) {
    return html`<section class=${tone} role=${tone === 'bad' ? 'alert' : 'status'}>
      ${glyphs.warning}
      <div class="words"><b>${title}</b>${words}</div>
      ${
        tone === 'bad'
          ? nothing
          : html`<button
              class="quiet icon"
              aria-label="Hide this message"
              title="Hide this message"
              @click=${() => this.ask('engine-dismiss')}
            >
              ${glyphs.close}
            </button>`
      }
    </section>`;
  }

  private ask(type: 'engine-restart' | 'engine-dismiss'): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'engine-banner': EngineBanner;
  }
}
