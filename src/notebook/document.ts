/** The notebook being edited: cells that are added, changed, moved, deleted and brought back. Knows nothing of running. */
import { cellTypes, toCell, type Attributes, type Cell, type CellKind, type Notebook } from './notebook.ts';

interface Deleted {
  readonly cell: Cell;
  readonly index: number;
}

export class NotebookDocument {
  #title: string;
  #cells: readonly Cell[];
  #attributes: Attributes;
  #deleted: readonly Deleted[] = [];
  #nextId: number;

  /** @param onChange called after every change. */
  constructor(
    notebook: Notebook,
    private readonly onChange: () => void,
  ) {
    this.#title = notebook.title;
    this.#cells = notebook.cells;
    this.#attributes = notebook.attributes;
    this.#nextId = 1 + Math.max(0, ...notebook.cells.map(({ id }) => id));
  }

  get cells(): readonly Cell[] {
    return this.#cells;
  }

  get notebook(): Notebook {
    return { title: this.#title, cells: this.#cells, attributes: this.#attributes };
  }

  get canUndoDelete(): boolean {
    return this.#deleted.length > 0;
  }

  /** Place of a cell. @throws RangeError for a cell that is not there. */
  indexOf(id: number): number {
    const index = this.#cells.findIndex((cell) => cell.id === id);
    if (index < 0) throw new RangeError(`notebook: no cell ${id}, expected one that is there`);
    return index;
  }

  setTitle(title: string): void {
    this.#title = title;
    this.onChange();
  }

  /** Sets an attribute of the notebook's element. */
  setAttribute(name: string, value: string): void {
    this.#attributes = { ...this.#attributes, [name]: value };
    this.onChange();
  }

  setSource(id: number, source: string): void {
    this.#replace(id, (cell) => ({ ...cell, source }));
  }

  /** Changes what kind of cell it is; the source stays. */
  setKind(id: number, kind: CellKind): void {
    this.#replace(id, (cell) => ({ ...cell, kind, type: cellTypes[kind] }));
  }

  /** Puts a new cell at a place; gives its id. */
  insert(index: number, kind: CellKind, source = ''): number {
    const id = this.#nextId++;
    this.#set(this.#cells.toSpliced(index, 0, toCell({ id, kind, source })));
    return id;
  }

  /** Deletes a cell; `undoDelete` brings it back. */
  delete(id: number): void {
    const index = this.indexOf(id);
    this.#deleted = [...this.#deleted, { cell: this.#cells[index]!, index }];
    this.#set(this.#cells.toSpliced(index, 1));
  }

  /** Brings back the cell deleted last, to its old place as far as that is still there; null when none is left. */
  undoDelete(): number | null {
    const last = this.#deleted.at(-1);
    if (last === undefined) return null;
    this.#deleted = this.#deleted.slice(0, -1);
    this.#set(this.#cells.toSpliced(Math.min(last.index, this.#cells.length), 0, last.cell));
    return last.cell.id;
  }

  /** Moves a cell by places, up when negative, as far as there are any. */
  move(id: number, places: number): void {
    const from = this.indexOf(id);
    const to = Math.max(0, Math.min(this.#cells.length - 1, from + places));
    if (to !== from) this.#set(this.#cells.toSpliced(from, 1).toSpliced(to, 0, this.#cells[from]!));
  }

  #replace(id: number, change: (cell: Cell) => Cell): void {
    const index = this.indexOf(id);
    this.#set(this.#cells.with(index, change(this.#cells[index]!)));
  }

  #set(cells: readonly Cell[]): void {
    this.#cells = cells;
    this.onChange();
  }
}
