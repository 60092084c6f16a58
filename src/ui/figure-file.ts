/** A figure on screen as files: a self-contained SVG with fixed colours, and the same picture as PNG at twice its size. */

/** Exported figures are for paper: dark ink on white, whatever the page's theme. */
const INK = '#1d1e20';
const PAPER = '#ffffff';
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
/** Larger canvases fail silently in browsers; 8,192 pixels a side is within every limit. */
const MAX_PIXELS = 8192;

/**
 * The picture in a figure's element: itself when it is an SVG, else its largest SVG.
 * @throws Error when there is none.
 */
export function pictureOf(element: Element): SVGSVGElement {
  if (element instanceof SVGSVGElement) return element;
  const area = (svg: SVGSVGElement): number => sizeOf(svg).width * sizeOf(svg).height;
  const [largest] = [...element.querySelectorAll('svg')].sort((a, b) => area(b) - area(a));
  if (!largest)
    throw new Error('export figure: no picture, got an element without <svg>, expected an SVG plot');
  return largest;
}

/** The SVG as text that stands alone: size, font, ink and paper included. */
export function svgText(picture: SVGSVGElement): string {
  const { width, height } = sizeOf(picture);
  const copy = picture.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  copy.setAttribute('color', INK);
  copy.setAttribute('font-family', FONT);
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  const [left, top] = (copy.getAttribute('viewBox') ?? '0 0').trim().split(/[\s,]+/);
  for (const [name, value] of Object.entries({ x: left, y: top, width: '100%', height: '100%', fill: PAPER }))
    paper.setAttribute(name, value ?? '0');
  copy.insertBefore(paper, copy.firstElementChild);
  return new XMLSerializer().serializeToString(copy);
}

/** An SVG text drawn at `scale` times its size on white. */
export async function pngOf(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const factor = Math.min(scale, MAX_PIXELS / Math.max(image.width, image.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.width * factor));
  canvas.height = Math.max(1, Math.round(image.height * factor));
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else
        reject(
          new Error(
            `export figure: no PNG, got a canvas of ${canvas.width} × ${canvas.height}, expected less`,
          ),
        );
    }, 'image/png');
  });
}

function sizeOf(svg: SVGSVGElement): { readonly width: number; readonly height: number } {
  const box = svg.viewBox.baseVal;
  return {
    width: Number(svg.getAttribute('width')) || box?.width || svg.clientWidth || 640,
    height: Number(svg.getAttribute('height')) || box?.height || svg.clientHeight || 400,
  };
}
