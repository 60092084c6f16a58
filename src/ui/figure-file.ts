/** A figure on screen as files for paper: a self-contained SVG in dark ink on white, and the same as PNG at 2×. */
import { toPng, toSvg } from '../figures/export.ts';

const PAPER = '#ffffff';

/**
 * The picture in a figure's element: itself when it is an SVG, else its largest SVG.
 * @throws Error when there is none.
 */
export function pictureOf(element: Element): SVGSVGElement {
  if (element instanceof SVGSVGElement) return element;
  const area = ({ viewBox: { baseVal } }: SVGSVGElement): number => baseVal.width * baseVal.height;
  const [largest] = [...element.querySelectorAll('svg')].sort((a, b) => area(b) - area(a));
  if (!largest)
    throw new Error('export figure: no picture, got an element without <svg>, expected an SVG plot');
  return largest;
}

/** The SVG as text that stands alone, whatever the page's theme. */
export function svgText(picture: SVGSVGElement): string {
  return toSvg(picture, { background: PAPER });
}

/** An SVG text drawn at twice its size. */
export function pngOf(svg: string): Promise<Blob> {
  return toPng(svg, { scale: 2 });
}
