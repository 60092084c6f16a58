/** Jupyter's notebook files (nbformat 4): written without outputs, read without running; other languages are kept. */
import { z } from 'zod';
import { NotebookFormatError } from './format.ts';
import { toNotebook, type Cell, type CellSpec, type Notebook } from './notebook.ts';

const metadataSchema = z.looseObject({}).default({});
const jupyterSchema = z.looseObject({
  nbformat: z.literal(4, { error: 'this version of the format is not known, expected nbformat 4' }),
  metadata: z
    .looseObject({
      title: z.string().optional(),
      language_info: z.looseObject({ name: z.string() }).optional(),
      kernelspec: z.looseObject({ language: z.string().optional() }).optional(),
    })
    .default({}),
  cells: z.array(
    z.looseObject({
      cell_type: z.string(),
      source: z.union([z.string(), z.array(z.string())]),
      metadata: metadataSchema,
    }),
  ),
});

/** The text of an .ipynb file. Outputs stay in the report: a notebook file is source. */
export function toIpynb(notebook: Notebook): string {
  const language = 'javascript';
  const metadata = {
    title: notebook.title,
    kernelspec: { name: 'amuro', display_name: 'amuro (JavaScript)', language },
    language_info: { name: language, file_extension: '.js' },
  };
  return `${JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: notebook.cells.map(toJupyterCell) }, null, 1)}\n`;
}

function toJupyterCell({ id, kind, type, source }: Cell) {
  const lines = source.split(/(?<=\n)/);
  const common = { id: `cell-${id}`, metadata: { amuro: { type } }, source: lines };
  if (kind === 'md') return { cell_type: 'markdown', ...common };
  if (kind === 'unsupported') return { cell_type: 'raw', ...common };
  return { cell_type: 'code', ...common, execution_count: null, outputs: [] };
}

/**
 * Reads an .ipynb file. Code in a language other than JavaScript or TypeScript becomes a cell that is kept and not run.
 * @throws NotebookFormatError for what is not a Jupyter notebook of version 4.
 */
export function fromIpynb(text: string): Notebook {
  const { metadata, cells } = parse(text);
  const language = metadata.language_info?.name ?? metadata.kernelspec?.language ?? 'javascript';
  const specs = cells.map((cell): CellSpec => {
    const source = typeof cell.source === 'string' ? cell.source : cell.source.join('');
    return { type: typeOf(cell.cell_type, cell.metadata, language.toLowerCase()), source };
  });
  const heading = specs.find(({ type }) => type === 'text/markdown')?.source?.match(/^#\s+(.+)$/m)?.[1];
  return toNotebook({ title: metadata.title ?? heading ?? '', cells: specs });
}

function parse(text: string): z.infer<typeof jupyterSchema> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new NotebookFormatError(`open .ipynb: the file is not JSON: ${(error as Error).message}`);
  }
  const result = jupyterSchema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new NotebookFormatError(
    `open .ipynb: not a Jupyter notebook: ${issue!.path.join('.')}: ${issue!.message}`,
  );
}

function typeOf(cellType: string, metadata: Readonly<Record<string, unknown>>, language: string): string {
  const ours = z.object({ amuro: z.object({ type: z.string() }) }).safeParse(metadata);
  if (ours.success) return ours.data.amuro.type;
  if (cellType === 'markdown') return 'text/markdown';
  if (cellType !== 'code') return `text/x-${cellType}`;
  if (language === 'typescript') return 'text/x-typescript';
  return language === 'javascript' ? 'module' : `text/x-${language}`;
}
