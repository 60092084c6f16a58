/** What a notebook is: a title and cells. `toNotebook` completes what was written; every default lives here. */

/** Cell kinds by their MIME type in the file. A file may hold others: those cells are kept as they are, not run. */
export const cellTypes = {
  js: 'module',
  ts: 'text/x-typescript',
  md: 'text/markdown',
} as const;

export type CellKind = keyof typeof cellTypes;

/** Attributes that this version does not know, kept so that saving loses nothing that another tool wrote. */
export type Attributes = Readonly<Record<string, string>>;

export interface CellSpec {
  readonly id?: number;
  readonly kind?: CellKind | 'unsupported';
  /** MIME type as the file has it; needed only for `unsupported`. */
  readonly type?: string;
  readonly source?: string;
  readonly attributes?: Attributes;
}
export interface Cell {
  /** Positive, unique in its notebook, stable while the cell lives. */
  readonly id: number;
  readonly kind: CellKind | 'unsupported';
  readonly type: string;
  readonly source: string;
  readonly attributes: Attributes;
}
export interface NotebookSpec {
  readonly title?: string;
  readonly cells?: readonly CellSpec[];
  readonly attributes?: Attributes;
}
export interface Notebook {
  readonly title: string;
  readonly cells: readonly Cell[];
  readonly attributes: Attributes;
}

/**
 * A complete notebook: unique ids, known types, line feeds only.
 * A missing, repeated or impossible id is replaced by one that is free in the whole notebook.
 */
export function toNotebook({ title = '', cells = [], attributes = {} }: NotebookSpec): Notebook {
  let free = cells.reduce((most, { id }) => (isCellId(id) ? Math.max(most, id) : most), 0);
  const taken = new Set<number>();
  const complete = cells.map((cell) => {
    const id = isCellId(cell.id) && !taken.has(cell.id) ? cell.id : ++free;
    taken.add(id);
    return toCell({ ...cell, id });
  });
  return { title: normalise(title).trim() || 'Untitled', cells: complete, attributes };
}

/** A complete cell from what was written; an unknown type becomes `unsupported`. */
export function toCell({
  id,
  kind,
  type,
  source = '',
  attributes = {},
}: CellSpec & { readonly id: number }): Cell {
  const known = kind ?? (type === undefined ? 'js' : kindOf(type));
  return {
    id,
    kind: known,
    type: known === 'unsupported' ? (type ?? 'text/plain') : cellTypes[known],
    source: normalise(source),
    attributes,
  };
}

/** The kind that a script's `type` attribute means. */
export function kindOf(type: string): CellKind | 'unsupported' {
  const wanted = type.trim().toLowerCase();
  if (wanted === '' || wanted === 'text/javascript') return 'js';
  for (const [kind, mimeType] of Object.entries(cellTypes)) if (mimeType === wanted) return kind as CellKind;
  return 'unsupported';
}

function isCellId(id: number | undefined): id is number {
  return id !== undefined && Number.isSafeInteger(id) && id > 0 && id < 2 ** 31;
}

/** What an HTML parser makes of text: one kind of line end, no NUL. */
function normalise(text: string): string {
  return text.replace(/\r\n?/g, '\n').replaceAll('\0', '\uFFFD');
}
