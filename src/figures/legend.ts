/**
 * A legend inside the drawing, so that an exported figure keeps it: samples of lines, rules, bars, bands and dots
 * with their names, in rows that wrap.
 */
export interface LegendEntry {
  readonly label: string;
  readonly kind: 'line' | 'interval' | 'band' | 'rule' | 'dot' | 'ring';
  readonly color: string;
  readonly dash?: string | undefined;
  readonly opacity?: number;
}

const SVG = 'http://www.w3.org/2000/svg';
const ROW = 18;
const SAMPLE = 24;
const GAP = 6;
const SPACING = 16;
/** Mean advance of a character of the figures' 11 px system font; a little wide, so that names never touch. */
const CHARACTER = 6.2;

interface Placed {
  readonly entry: LegendEntry;
  readonly x: number;
  readonly row: number;
}

/** Pixels that a legend takes in a drawing of this width. */
export function legendHeight(entries: readonly LegendEntry[], width: number): number {
  const last = place(entries, width).at(-1);
  return last ? (last.row + 1) * ROW + 6 : 0;
}

/** Draws the entries into the drawing, from its upper left. */
export function appendLegend(
  svg: SVGSVGElement,
  entries: readonly LegendEntry[],
  box: { readonly x: number; readonly y: number; readonly width: number },
): void {
  if (entries.length === 0) return;
  const legend = element(svg, 'g', {
    'aria-label': 'legend',
    class: 'legend',
    transform: `translate(${box.x},${box.y})`,
  });
  for (const { entry, x, row } of place(entries, box.width)) {
    const group = element(svg, 'g', { transform: `translate(${x},${row * ROW + ROW / 2})` });
    group.append(sample(svg, entry));
    const label = element(svg, 'text', {
      x: SAMPLE + GAP,
      dy: '0.32em',
      fill: 'currentColor',
      'text-anchor': 'start',
    });
    label.textContent = entry.label;
    group.append(label);
    legend.append(group);
  }
  svg.append(legend);
}

function place(entries: readonly LegendEntry[], width: number): readonly Placed[] {
  let x = 0;
  let row = 0;
  return entries.map((entry) => {
    const size = SAMPLE + GAP + entry.label.length * CHARACTER;
    if (x > 0 && x + size > width) {
      x = 0;
      row++;
    }
    const placed = { entry, x, row };
    x += size + SPACING;
    return placed;
  });
}

function sample(svg: SVGSVGElement, { kind, color, dash, opacity = 1 }: LegendEntry): SVGElement {
  const paint = { stroke: color, 'stroke-opacity': opacity };
  switch (kind) {
    case 'line':
      return element(svg, 'path', {
        d: `M0,0H${SAMPLE}`,
        ...paint,
        'stroke-width': 1.6,
        ...(dash && { 'stroke-dasharray': dash }),
      });
    case 'rule':
      return element(svg, 'path', { d: `M0,0H${SAMPLE}`, ...paint, 'stroke-width': 0.75 });
    case 'interval':
      return element(svg, 'path', { d: `M${SAMPLE / 2},-6V6`, ...paint, 'stroke-width': 1.2 });
    case 'band':
      return element(svg, 'rect', { y: -5, width: SAMPLE, height: 10, fill: color, 'fill-opacity': opacity });
    case 'dot':
      return element(svg, 'circle', { cx: SAMPLE / 2, r: 4, fill: color, 'fill-opacity': opacity });
    case 'ring':
      return element(svg, 'circle', { cx: SAMPLE / 2, r: 4, fill: 'none', ...paint });
  }
}

function element(
  svg: SVGSVGElement,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
): SVGElement {
  const created: Element = svg.ownerDocument.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, String(value));
  return created as SVGElement;
}
