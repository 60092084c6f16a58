/** The figures that a notebook shows now, as files. */
import type { NotebookSession } from '../../notebook/notebook-session.ts';
import type { FigureFile } from '../../notebook/frame-protocol.ts';
import { slug } from '../download.ts';
import type { Figure } from '../figure-card.ts';
import { pictureOf, pngOf, svgText } from '../figure-file.ts';
import { isFigure } from './show-value.ts';

/** Every value that a cell shows, in order. */
export function shownValues(session: NotebookSession, cell: number): readonly unknown[] {
  const { displays, value } = session.state(cell);
  return [...displays, value].filter((each) => each !== undefined);
}

/** SVG, PNG at twice the size and CSV of every figure; names are unique and tell what the figure shows. */
export async function collectFigures(session: NotebookSession): Promise<readonly FigureFile[]> {
  const figures = session.document.cells.flatMap(({ id }) => shownValues(session, id).filter(isFigure));
  const files: FigureFile[] = [];
  for (const figure of figures) files.push(await toFiles(figure, uniqueName(figure, files)));
  return files;
}

async function toFiles(figure: Figure, name: string): Promise<FigureFile> {
  const svg = svgText(pictureOf(figure.plot()));
  return { name, svg, png: await toBase64(await pngOf(svg)), csv: figure.csv() };
}

function uniqueName({ title }: Figure, files: readonly FigureFile[]): string {
  const name = slug(title);
  const taken = new Set(files.map((file) => file.name));
  let count = 2;
  if (!taken.has(name)) return name;
  while (taken.has(`${name}-${count}`)) count++;
  return `${name}-${count}`;
}

async function toBase64(blob: Blob): Promise<string> {
  const address = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error('export figure: the PNG could not be read'));
    reader.readAsDataURL(blob);
  });
  return address.slice(address.indexOf(',') + 1);
}
