/** <revision-axis>: a trajectory's revisions on a logarithmic axis of training steps; those picked are filled. */
import { LitElement, css, html, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { HubRevision } from '../worker/protocol.ts';
import { controlStyles } from './control-styles.ts';
import { formatCount, formatTokens } from './quantities.ts';

/** Percent of the width kept free at both ends. */
const MARGIN = 5;

@customElement('revision-axis')
export class RevisionAxis extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
      }
      svg {
        display: block;
        width: 100%;
        height: 58px;
        overflow: visible;
      }
      line {
        stroke: var(--color-border-control);
        stroke-width: 1;
      }
      circle {
        fill: var(--color-raised);
        stroke: var(--color-border-control);
        stroke-width: 1.5;
        cursor: pointer;
      }
      circle.picked {
        fill: var(--color-accent);
        stroke: var(--color-accent);
      }
      text {
        font: 11px var(--font-text);
        font-variant-numeric: tabular-nums;
        fill: var(--color-text-quiet);
        text-anchor: middle;
      }
    `,
  ];

  @property({ attribute: false }) revisions: readonly HubRevision[] = [];
  @property({ attribute: false }) picked: ReadonlySet<string> = new Set();

  override render() {
    const steps = this.revisions.map(({ step }) => step);
    const [low, high] = [Math.min(...steps), Math.max(...steps)];
    const x = (step: number): string => `${place(step, low, high)}%`;
    const label =
      `${this.revisions.length} revisions from step ${formatCount(low)} to ${formatCount(high)}, ` +
      `${this.picked.size} picked`;
    // The picked last, so that none lies below its neighbours.
    const drawn = [...this.revisions].sort((a, b) => this.rank(a) - this.rank(b));
    return html`<svg role="img" aria-label=${label}>
      <line x1="0" x2="100%" y1="16" y2="16"></line>
      ${drawn.map(
        (revision) =>
          svg`<circle
            class=${this.picked.has(revision.name) ? 'picked' : ''}
            cx=${x(revision.step)} cy="16" r=${this.picked.has(revision.name) ? 5 : 3.5}
            @click=${() => this.toggle(revision.name)}
          ><title>${describe(revision)}</title></circle>`,
      )}
      ${ticks(low, high).map((step) => svg`<text x=${x(step)} y="38">${formatCount(step)}</text>`)}
      <text x="50%" y="54">training step (log scale)</text>
    </svg>`;
  }

  private rank({ name }: HubRevision): number {
    return this.picked.has(name) ? 1 : 0;
  }

  private toggle(name: string): void {
    this.dispatchEvent(new CustomEvent('revision-toggle', { detail: name, bubbles: true, composed: true }));
  }
}

/** `step512: step 512, 1.07 B tokens`. */
export function describe({ name, step, tokens }: HubRevision): string {
  return `${name}: step ${formatCount(step)}${tokens === null ? '' : `, ${formatTokens(tokens)} tokens`}`;
}

/** In percent of the width. */
function place(step: number, low: number, high: number): number {
  const span = Math.log1p(high) - Math.log1p(low);
  const share = span === 0 ? 0.5 : (Math.log1p(step) - Math.log1p(low)) / span;
  return MARGIN + (100 - 2 * MARGIN) * share;
}

/** The ends, and the powers of ten between that have room beside them. */
function ticks(low: number, high: number): number[] {
  if (low === high) return [low];
  const powers = Array.from({ length: 10 }, (_, power) => 10 ** power);
  const free = powers.filter(
    (step) => step > low && step < high && place(step, low, high) > 12 && place(step, low, high) < 86,
  );
  return [low, ...free, high];
}

declare global {
  interface HTMLElementTagNameMap {
    'revision-axis': RevisionAxis;
  }
  interface HTMLElementEventMap {
    'revision-toggle': CustomEvent<string>;
  }
}
