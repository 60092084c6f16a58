/** <figure-card>: a figure with its title and caption, and the menu that gives it away as SVG, PNG at 2× or CSV. */
import { LitElement, css, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { controlStyles } from './control-styles.ts';
import { download, slug } from './download.ts';
import { pictureOf, pngOf, svgText } from './figure-file.ts';
import { glyphs } from './glyphs.ts';
import './menu-button.ts';
import type { MenuItem } from './menu-button.ts';

/** What a card needs of a figure; `plot` draws it anew, `csv` gives the numbers behind it. */
export interface Figure {
  readonly title: string;
  /** What is shown, n, seeds, kind of interval. */
  readonly caption: string;
  plot(): SVGSVGElement | HTMLElement;
  csv(): string;
}

/** A file the person asked for. Where downloads are not allowed, take it, `preventDefault`, and save it elsewhere. */
export type FileExportEvent = CustomEvent<{ readonly name: string; readonly blob: Blob }>;

@customElement('figure-card')
export class FigureCard extends LitElement {
  static override styles = [
    controlStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      header {
        display: flex;
        align-items: flex-start;
        justify-content: space-between;
        gap: var(--space-3);
        margin-bottom: var(--space-2);
      }
      .title {
        font-size: var(--size-text);
        font-weight: 600;
      }
      .picture {
        overflow-x: auto;
      }
      .picture figure {
        margin: 0;
      }
      figcaption {
        margin-top: var(--space-1);
        max-width: 72ch;
      }
      .error {
        color: var(--color-danger);
      }
    `,
  ];

  @property({ attribute: false }) figure: Figure | null = null;
  @state() private problem = '';
  private picture: Element | null = null;

  override render() {
    if (!this.figure) return nothing;
    return html`
      <figure aria-label=${this.figure.title}>
        <header>
          <b class="title">${this.figure.title}</b>
          <menu-button
            label="Export"
            hint="Save this figure, or the numbers behind it"
            .glyph=${glyphs.export}
            .items=${this.exports(this.figure)}
          ></menu-button>
        </header>
        <div
          class="picture"
          tabindex="0"
          role="img"
          aria-label="${this.figure.title}. ${this.figure.caption}"
        >
          <div aria-hidden="true">${this.picture}</div>
        </div>
        <figcaption class="small soft">${this.figure.caption}</figcaption>
        ${this.problem ? html`<p class="small error" role="alert">${this.problem}</p>` : nothing}
      </figure>
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('figure') || !this.figure) return;
    try {
      this.picture = this.figure.plot();
      this.problem = '';
    } catch (error) {
      this.picture = null;
      this.problem = `${this.figure.title}: cannot be drawn: ${messageOf(error)}`;
    }
  }

  private exports(figure: Figure): readonly MenuItem[] {
    const svg = (): string => svgText(pictureOf(figure.plot()));
    const text = (content: string, type: string): Blob => new Blob([content], { type });
    return [
      { name: 'SVG', what: 'for a paper', run: () => this.save('svg', () => text(svg(), 'image/svg+xml')) },
      { name: 'PNG 2×', what: 'for slides', run: () => this.save('png', () => pngOf(svg())) },
      {
        name: 'CSV',
        what: 'the numbers behind it',
        run: () => this.save('csv', () => text(figure.csv(), 'text/csv')),
      },
    ];
  }

  private save(ending: string, make: () => Blob | Promise<Blob>): void {
    const name = `${slug(this.figure!.title)}.${ending}`;
    const give = async (): Promise<void> => {
      const blob = await make();
      const detail = { name, blob };
      const offer: FileExportEvent = new CustomEvent('file-export', {
        detail,
        bubbles: true,
        composed: true,
        cancelable: true,
      });
      if (this.dispatchEvent(offer)) download(name, blob);
      this.problem = '';
    };
    give().catch((error: unknown) => (this.problem = messageOf(error)));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

declare global {
  interface HTMLElementTagNameMap {
    'figure-card': FigureCard;
  }
  interface HTMLElementEventMap {
    'file-export': FileExportEvent;
  }
}
