/** <generated-text>: one text as its tokens, shaded by probability; pointing, tapping or arrow keys tell of one token. */
import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { styleMap } from 'lit/directives/style-map.js';
import type { GeneratedToken } from '../worker/generation.ts';
import { controlStyles } from './control-styles.ts';
import { generatedTextStyles } from './generated-text-styles.ts';
import { formatProbability, visibleToken } from './generation-words.ts';
import './token-card.ts';

/** Room between a token and its card, and around the card, in px. */
const GAP = 6;

@customElement('generated-text')
export class GeneratedTextElement extends LitElement {
  static override styles = [controlStyles, generatedTextStyles];

  @property() prompt = '';
  @property({ attribute: false }) tokens: readonly GeneratedToken[] = [];
  /** Said to a screen reader before the tokens. */
  @property() label = 'Tokens';
  @property({ type: Boolean }) growing = false;
  @state() private active: number | null = null;
  @query('.tokens') private list!: HTMLElement;
  @query('token-card') private card!: HTMLElement | null;

  override render() {
    const { active, tokens } = this;
    return html`<div class="text" @pointerleave=${this.leave}>
      <span class="prompt">${this.prompt}</span
      ><span
        class="tokens"
        role=${tokens.length > 0 ? 'listbox' : nothing}
        tabindex=${tokens.length > 0 ? 0 : nothing}
        aria-label=${tokens.length > 0 ? `${this.label}: arrow keys move from token to token` : nothing}
        aria-activedescendant=${active === null ? nothing : `token-${active}`}
        @keydown=${this.move}
        @blur=${this.leave}
        @pointerover=${this.point}
        @click=${this.point}
        >${tokens.map((token, at) => this.renderToken(token, at))}</span
      >${this.growing ? html`<span class="caret" aria-hidden="true"></span>` : nothing}${
        active === null
          ? nothing
          : html`<token-card popover="manual" .token=${tokens[active]} .position=${active + 1}></token-card>`
      }
    </div>`;
  }

  private renderToken(token: GeneratedToken, at: number) {
    const probability = Math.exp(token.logProbability);
    const share = `${Math.round(100 * probability)}%`;
    const first = token.rank === 1 ? '' : 'other';
    const part = token.text === '' ? 'part' : '';
    return html`<span
      id="token-${at}"
      class="token ${first} ${part}"
      role="option"
      aria-selected=${at === this.active}
      aria-label="${token.piece}, ${formatProbability(token.logProbability)}"
      data-at=${at}
      style=${styleMap({ '--probability': share })}
      >${token.text === '' ? token.piece : visibleToken(token.text)}</span
    >`;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('active' as never) || this.active === null) return;
    const { card } = this;
    const token = this.renderRoot.querySelector(`#token-${this.active}`);
    if (!card || !token) return;
    card.showPopover();
    this.place(card, token.getClientRects()[0] ?? token.getBoundingClientRect());
  }

  /** Below the token where there is room, else above; never out of sight. */
  private place(card: HTMLElement, token: DOMRect): void {
    const { width, height } = card.getBoundingClientRect();
    const left = Math.max(GAP, Math.min(token.left, window.innerWidth - width - GAP));
    const below = token.bottom + GAP;
    const top = below + height + GAP <= window.innerHeight ? below : Math.max(GAP, token.top - GAP - height);
    card.style.left = `${left}px`;
    card.style.top = `${top}px`;
  }

  private readonly point = (event: Event): void => {
    const token = event.composedPath().find((node) => node instanceof HTMLElement && 'at' in node.dataset);
    if (token) this.active = Number((token as HTMLElement).dataset['at']);
  };

  /** What the keyboard points at stays while the pointer goes. */
  private readonly leave = (event: Event): void => {
    if (event.type === 'pointerleave' && this.list.matches(':focus-visible')) return;
    this.active = null;
  };

  private readonly move = (event: KeyboardEvent): void => {
    const last = this.tokens.length - 1;
    const at = this.active;
    const to: Readonly<Record<string, number | null>> = {
      ArrowRight: at === null ? 0 : at + 1,
      ArrowDown: at === null ? 0 : at + 1,
      ArrowLeft: at === null ? last : at - 1,
      ArrowUp: at === null ? last : at - 1,
      Home: 0,
      End: last,
      Escape: null,
    };
    if (!Object.hasOwn(to, event.key) || last < 0 || (event.key === 'Escape' && at === null)) return;
    event.preventDefault();
    event.stopPropagation();
    const next = to[event.key] ?? null;
    this.active = next === null ? null : Math.max(0, Math.min(last, next));
    if (this.active !== null)
      this.renderRoot.querySelector(`#token-${this.active}`)?.scrollIntoView({ block: 'nearest' });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'generated-text': GeneratedTextElement;
  }
}
