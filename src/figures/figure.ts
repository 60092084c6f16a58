/** What a figure is, and the frame that all of them share: sizes, fonts, axes, legend, the empty state. */
import * as Plot from '@observablehq/plot';
import { appendLegend, legendHeight, type LegendEntry } from './legend.ts';

export interface Figure {
  readonly title: string;
  /** What is shown, n, seeds and the kind of interval, in words. */
  readonly caption: string;
  /** A new drawing, legend included. */
  plot(): SVGSVGElement;
  /** The numbers drawn, as CSV with a header. */
  csv(): string;
}

export interface FigureOptions {
  /** The document that the drawing belongs to: a page's, or jsdom's. */
  readonly document: Document;
  /** Pixels. */
  readonly width?: number;
}

export interface Drawing {
  readonly title: string;
  readonly caption: string;
  readonly legend: readonly LegendEntry[];
  /** Pixels of the drawing without its legend. */
  readonly height: number;
  readonly plot: Plot.PlotOptions;
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
export const DEFAULT_WIDTH = 720;
const MARGIN = { left: 54, right: 16, bottom: 40 } as const;
/** Above the panels, for the facets' names. */
export const FACET_MARGIN = 26;

/** Draw in the common frame. */
export function draw(drawing: Drawing, { document, width = DEFAULT_WIDTH }: FigureOptions): SVGSVGElement {
  const { title, caption, legend, height, plot } = drawing;
  const inner = width - MARGIN.left - MARGIN.right;
  const top = legendHeight(legend, inner);
  const svg = Plot.plot({
    document,
    width,
    height: height + top,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginBottom: MARGIN.bottom,
    style: { fontFamily: FONT, fontSize: '11px', background: 'none', overflow: 'visible' },
    ...plot,
    marginTop: top + (plot.marginTop ?? 12),
    ariaLabel: title,
    ariaDescription: caption,
  }) as SVGSVGElement;
  svg.setAttribute('role', 'img');
  svg.style.fontVariantNumeric = 'tabular-nums';
  // What shows through in hover tips: the page's own colour where it names one.
  svg.style.setProperty('--plot-background', 'var(--color-raised, Canvas)');
  appendLegend(svg, legend, { x: MARGIN.left, y: 4, width: inner });
  return svg;
}

/** A figure of nothing yet: says where its numbers will come from. */
export function emptyFigure(title: string, message: string, options: FigureOptions): Figure {
  const words = Plot.text([message], { frameAnchor: 'middle', fillOpacity: 0.7, fontSize: 13 });
  const plot: Plot.PlotOptions = { marks: [Plot.frame({ strokeOpacity: 0.2 }), words], axis: null };
  return {
    title,
    caption: '',
    plot: () => draw({ title, caption: message, legend: [], height: 160, plot }, options),
    csv: () => '',
  };
}

export const NO_ROWS = 'No results yet: run the evaluation, and they appear here.';
export const NO_STEPS = 'No steps yet: start the run, and its curve appears here.';
