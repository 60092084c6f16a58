/** `table`: rows as a table that sorts and exports. */
import { View, type Builtin } from '../builtins.ts';
import { listArgument } from './list-argument.ts';

type Row = Readonly<Record<string, unknown>>;

export const table: Builtin<(rows: readonly Row[]) => View<readonly Row[]>> = {
  signature: 'table(rows)',
  doc: 'A table of plain objects: sort by a column’s head, copy as CSV.',
  bind: () => (rows) => {
    const properties = { rows: listArgument('table', rows) };
    return new View(rows, () => Object.assign(document.createElement('data-table'), properties));
  },
};
