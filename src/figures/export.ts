/** A drawn figure as a file: standalone SVG, PNG at twice its size. (Its CSV is the figure's own `csv()`.) */

export interface SvgOptions {
  /** What `currentColor` becomes; `currentColor` itself leaves it to the page that embeds the text. */
  readonly ink?: string;
  /** Drawn behind everything; null leaves the figure transparent. */
  readonly background?: string | null;
  readonly title?: string;
  readonly description?: string;
}

const SVG = 'http://www.w3.org/2000/svg';
const INK = '#1d1e20';

/**
 * The drawing as the text of an SVG file that any viewer shows alike: no style sheet, no variable, no inherited
 * colour.
 */
export function toSvg(drawing: SVGSVGElement, options: SvgOptions = {}): string {
  const { ink = INK, background = null, title, description } = options;
  const svg = drawing.cloneNode(true) as SVGSVGElement;
  const document = svg.ownerDocument;

  // Plot's own style sheet: what it says is written out below.
  for (const style of svg.querySelectorAll('style')) style.remove();
  for (const tip of svg.querySelectorAll('[aria-label="tip"]')) tip.remove();
  svg.removeAttribute('class');
  svg.style.removeProperty('--plot-background');
  svg.style.removeProperty('overflow');
  if (background !== null) {
    const rectangle = document.createElementNS(SVG, 'rect');
    for (const [name, value] of [
      ['width', '100%'],
      ['height', '100%'],
      ['fill', background],
    ] as const) {
      rectangle.setAttribute(name, value);
    }
    svg.prepend(rectangle);
  }
  for (const [name, text] of [
    ['desc', description],
    ['title', title],
  ] as const) {
    if (text === undefined) continue;
    const element = document.createElementNS(SVG, name);
    element.textContent = text;
    svg.prepend(element);
  }
  inkOver(svg, ink);
  const window = document.defaultView;
  if (!window) throw new TypeError('toSvg: the drawing belongs to no window, expected one drawn in a page');
  return new window.XMLSerializer().serializeToString(svg);
}

function inkOver(svg: SVGSVGElement, ink: string): void {
  if (ink === 'currentColor') return;
  for (const element of [svg, ...svg.querySelectorAll('*')]) {
    for (const name of ['fill', 'stroke', 'color']) {
      if (element.getAttribute(name)?.toLowerCase() === 'currentcolor') element.setAttribute(name, ink);
    }
  }
}

/**
 * The text of an SVG file as a PNG image, in a page.
 * @param scale pixels of the image per pixel of the drawing.
 * @throws Error when the browser cannot draw it.
 */
export async function toPng(svg: string, { scale = 2 }: { readonly scale?: number } = {}): Promise<Blob> {
  const image = new Image();
  // Not a blob URL: in a sandboxed frame that would taint the canvas.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.naturalWidth * scale);
  canvas.height = Math.round(image.naturalHeight * scale);
  const context = canvas.getContext('2d');
  if (!context)
    throw new Error('toPng: the browser gives no 2D canvas, expected one; export the SVG instead');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else
        reject(
          new Error('toPng: the browser could not encode the image, expected a PNG; export the SVG instead'),
        );
    }, 'image/png');
  });
}
