/** The order and the text of table rows. */
import { csvFormatRows } from 'd3-dsv';
import { formatNumber } from './quantities.ts';

export type CellValue = string | number | boolean | null | undefined;
export type TableRow = Readonly<Record<string, CellValue>>;

export interface Column {
  /** Property of the row. */
  readonly key: string;
  readonly title?: string;
  /** How a value is shown; numbers to four digits when left out. CSV always has the value itself. */
  readonly format?: (value: CellValue, row: TableRow) => string;
}

export interface SortOrder {
  readonly key: string;
  readonly descending: boolean;
}

/** A stable order: numbers by size, text by the reader's alphabet with digits as numbers, nothing and NaN last. */
export function sortRows(rows: readonly TableRow[], order: SortOrder | null): readonly TableRow[] {
  if (!order) return rows;
  const sign = order.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [a[order.key], b[order.key]];
    const missing = Number(isMissing(left)) - Number(isMissing(right));
    return missing !== 0 || isMissing(left) ? missing : sign * compare(left!, right!);
  });
}

function isMissing(value: CellValue): boolean {
  return value === null || value === undefined || Number.isNaN(value);
}

const alphabet = new Intl.Collator(undefined, { numeric: true });
function compare(
  left: Exclude<CellValue, null | undefined>,
  right: Exclude<CellValue, null | undefined>,
): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return alphabet.compare(String(left), String(right));
}

/** Columns for rows of any kind: every property, in order of first appearance. */
export function columnsOf(rows: readonly TableRow[]): readonly Column[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))].map((key) => ({ key }));
}

export function showCell(value: CellValue, column: Column, row: TableRow): string {
  if (column.format) return column.format(value, row);
  return typeof value === 'number' ? formatNumber(value) : String(value ?? '–');
}

/** RFC 4180 text with a header line; numbers unrounded. */
export function tableCsv(columns: readonly Column[], rows: readonly TableRow[]): string {
  const header = columns.map(({ key }) => key);
  const body = rows.map((row) => header.map((key) => String(row[key] ?? '')));
  return `${csvFormatRows([header, ...body])}\n`;
}
