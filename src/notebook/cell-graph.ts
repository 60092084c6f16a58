/** Who needs whom: cells joined by the names they declare and use. Pure; made anew when a cell's source changes. */

export interface GraphCell {
  readonly id: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export class CellGraph {
  /** Cells in the order in which they can run: every cell after those it needs, else as in the notebook. */
  readonly order: readonly number[];
  readonly #definers = new Map<string, number[]>();
  readonly #needs = new Map<number, ReadonlySet<number>>();
  readonly #neededBy = new Map<number, Set<number>>();
  readonly #circular = new Map<number, readonly number[]>();

  /** @param cells in the order of the notebook. */
  constructor(cells: readonly GraphCell[]) {
    for (const { id, outputs } of cells) {
      for (const name of outputs) this.#definers.set(name, [...(this.#definers.get(name) ?? []), id]);
    }
    for (const { id, inputs } of cells) {
      const needs = new Set(inputs.flatMap((name) => this.definers(name)));
      this.#needs.set(id, needs);
      for (const need of needs) this.#neededBy.set(need, (this.#neededBy.get(need) ?? new Set()).add(id));
    }
    this.order = this.#sort(cells.map(({ id }) => id));
  }

  /** Cells that declare a name: none, one, or, wrongly, several. */
  definers(name: string): readonly number[] {
    return this.#definers.get(name) ?? [];
  }

  /** Cells whose names the cell uses directly. */
  needs(id: number): ReadonlySet<number> {
    return this.#needs.get(id) ?? new Set();
  }

  /** Cells that use a name of the cell directly. */
  neededBy(id: number): ReadonlySet<number> {
    return this.#neededBy.get(id) ?? new Set();
  }

  /** Everything the cell needs, directly or not; itself only if it needs itself. */
  ancestors(id: number): ReadonlySet<number> {
    const found = new Set<number>();
    const visit = (at: number): void => {
      for (const need of this.needs(at)) if (!found.has(need)) visit(found.add(need) && need);
    };
    visit(id);
    return found;
  }

  /** The cells of the circle that the cell is part of, from itself on; null when it is in none. */
  circle(id: number): readonly number[] | null {
    return this.#circular.get(id) ?? null;
  }

  #sort(ids: readonly number[]): number[] {
    const order: number[] = [];
    const visited = new Set<number>();
    const visit = (id: number, path: readonly number[]): void => {
      if (path.includes(id)) {
        const circle = path.slice(path.indexOf(id));
        circle.forEach((each, at) => this.#circular.set(each, [...circle.slice(at), ...circle.slice(0, at)]));
        return;
      }
      if (visited.has(id)) return;
      for (const need of this.needs(id)) visit(need, [...path, id]);
      if (visited.has(id)) return;
      visited.add(id);
      order.push(id);
    };
    for (const id of ids) visit(id, []);
    return order;
  }
}
