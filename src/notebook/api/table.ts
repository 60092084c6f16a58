/** `table`: rows as a table that sorts and exports. */
import { View, type Builtin } from '../builtins.ts';

type Row = Readonly<Record<string, unknown>>;

export const table: Builtin<(rows: readonly Row[]) => View<readonly Row[]>> = {
  signature: 'table(rows)',
  doc: 'A table of plain objects: sort by a column’s head, export as CSV.',
  bind: () => (rows) => {
    if (!Array.isArray(rows)) {
      const got =
        typeof rows === 'object' && rows !== null && Symbol.asyncIterator in rows
          ? 'a growing list'
          : typeof rows;
      throw new TypeError(
        `table: rows is not a list, got ${got}, expected an array; name a growing list in one cell, use it in another`,
      );
    }
    return new View(rows, () => Object.assign(document.createElement('data-table'), { rows }));
  },
};
