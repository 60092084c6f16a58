/** <generated-texts>: what checkpoints write after prompts, one row per checkpoint, as it is written. */
import { LitElement, css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { GenerationRow, LiveGeneration } from '../notebook/live-generation.ts';
import type { GeneratedText } from '../worker/generation.ts';
import { controlStyles } from './control-styles.ts';
import './generated-text.ts';
import { describeLeftOut, describeState, describeText } from './generation-words.ts';
import { formatCount } from './quantities.ts';

@customElement('generated-texts')
export class GeneratedTexts extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--space-3);
      }
      section {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--space-1);
      }
      header,
      footer {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: 0 var(--space-3);
      }
      h3 {
        font-size: var(--size-small);
        font-weight: 650;
      }
      .notice {
        color: var(--color-warning);
      }
      .legend {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-1) var(--space-2);
      }
      .ramp {
        width: 5rem;
        height: 0.8em;
        border-radius: 2px;
        border: 1px solid var(--color-border);
        background: linear-gradient(
          to right,
          transparent,
          color-mix(in srgb, var(--color-accent) 36%, transparent)
        );
      }
      .dotted {
        text-decoration: underline dotted var(--color-text-quiet);
        text-underline-offset: 0.25em;
      }
    `,
  ];

  @property({ attribute: false }) live: LiveGeneration | null = null;
  @state() private copied = '';
  private leave = (): void => undefined;

  override render() {
    if (!this.live) return nothing;
    return html`${this.live.rows.map((row) => this.renderRow(row))}
      <p class="legend small soft">
        <span>probability 0</span><span class="ramp"></span><span>100 %</span>
        <span class="dotted">not the likeliest token</span>
      </p>
      <span class="visually-hidden" role="status">${this.copied}</span>`;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('live')) this.listen();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave();
  }

  private listen(): void {
    this.leave();
    this.leave = this.live?.subscribe(() => this.requestUpdate()) ?? (() => undefined);
  }

  private renderRow(row: GenerationRow) {
    const { rows } = this.live!;
    const runs = new Set(rows.map(({ checkpoint }) => checkpoint.run)).size;
    const { run, step } = row.checkpoint;
    return html`<section aria-label="step ${step} of run ${run}">
      <header>
        <h3>
          step ${formatCount(step)}${runs > 1 ? html` <span class="soft">of run ${run}</span>` : nothing}
        </h3>
        <span class="small soft" role="status">${describeState(row)}</span>
      </header>
      ${row.result?.leftOut.map((tokens, prompt) =>
        tokens > 0
          ? html`<p class="small notice">
              ${row.result!.leftOut.length > 1 ? `Prompt ${prompt + 1}: ` : ''}${describeLeftOut(tokens, row.result!)}
            </p>`
          : nothing,
      )}
      ${row.state === 'queued' ? nothing : row.texts.map((text) => this.renderText(text, row))}
    </section>`;
  }

  private renderText(text: GeneratedText, { result, texts, checkpoint }: GenerationRow) {
    const prompt = this.live!.prompts[text.prompt]!;
    const which = texts.length > 1 ? `, text ${texts.indexOf(text) + 1} of ${texts.length}` : '';
    return html`<div>
      <generated-text
        .prompt=${prompt}
        .tokens=${text.tokens}
        .label=${`Written at step ${checkpoint.step}${which}`}
        ?growing=${result === null}
      ></generated-text>
      <footer class="small soft">
        <span>${result ? describeText(text, result) : nothing}</span>
        <button
          class="quiet"
          title="Copy prompt and continuation"
          @click=${() => this.copy(prompt + text.text)}
        >
          Copy text
        </button>
      </footer>
    </div>`;
  }

  private copy(text: string): void {
    navigator.clipboard.writeText(text).then(
      () => (this.copied = 'Text copied'),
      () => (this.copied = 'The browser did not allow copying; select the text instead'),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'generated-texts': GeneratedTexts;
  }
}
