/** <token-card>: how probable a token was, and what else the model might have written in its place. */
import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { GeneratedAlternative, GeneratedToken } from '../worker/generation.ts';
import { controlStyles } from './control-styles.ts';
import { formatProbability, quotedToken } from './generation-words.ts';
import { formatCount, formatNumber } from './quantities.ts';

@customElement('token-card')
export class TokenCard extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        width: min(19rem, calc(100vw - 12px));
        padding: var(--space-2) var(--space-3);
        border: 1px solid var(--color-border-control);
        border-radius: var(--radius);
        background: var(--color-raised);
        box-shadow: var(--shadow);
        font-size: var(--size-small);
      }
      header {
        display: flex;
        justify-content: space-between;
        gap: var(--space-3);
      }
      code {
        font-family: var(--font-code);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      dl {
        display: grid;
        grid-template-columns: auto auto;
        gap: 0 var(--space-3);
        margin: var(--space-1) 0 var(--space-2);
      }
      dd {
        text-align: right;
      }
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: 1fr 4rem 3.5rem;
        gap: var(--space-2);
        align-items: center;
      }
      li.chosen {
        font-weight: 650;
      }
      .bar {
        height: 0.6em;
        border-radius: 2px;
        background: linear-gradient(var(--color-accent) 0 0) no-repeat 0 / var(--share) 100%
          var(--color-border);
      }
      .number {
        text-align: right;
      }
    `,
  ];

  @property({ attribute: false }) token: GeneratedToken | null = null;
  /** 1 for the first new token. */
  @property({ type: Number }) position = 0;

  override render() {
    const { token } = this;
    if (!token) return nothing;
    const rows: [string, string][] = [
      ['probability', formatProbability(token.logProbability)],
      ['log-probability', `${formatNumber(token.logProbability, 3)} nats`],
      ['rank', formatCount(token.rank)],
      ['entropy here', `${formatNumber(token.entropy, 3)} nats`],
    ];
    // Said only where sampling has changed it.
    if (token.drawn < 1) rows.push(['drawn with', formatProbability(Math.log(token.drawn))]);
    return html`
      <header>
        <code>${quotedToken(token.piece)}</code>
        <span class="soft">token ${this.position}</span>
      </header>
      <dl>
        ${rows.map(
          ([name, value]) =>
            html`<dt class="soft">${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
      ${
        token.alternatives.length > 0
          ? html`<ol aria-label="Likeliest tokens">
              ${token.alternatives.map((other, at) => renderAlternative(other, at + 1 === token.rank))}
            </ol>`
          : nothing
      }
    `;
  }
}

function renderAlternative({ piece, logProbability }: GeneratedAlternative, chosen: boolean) {
  const share = `${100 * Math.exp(logProbability)}%`;
  return html`<li class=${chosen ? 'chosen' : ''}>
    <code>${quotedToken(piece)}${chosen ? ' ✓' : ''}</code>
    <span class="bar" style=${styleMap({ '--share': share })}></span>
    <span class="number">${formatProbability(logProbability)}</span>
  </li>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'token-card': TokenCard;
  }
}
