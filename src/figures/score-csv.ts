/** The numbers of a figure of scores, as CSV. */
import { csvFormat } from 'd3-dsv';
import type { Point } from './points.ts';

const COLUMNS = [
  'task',
  'metric',
  'phase',
  'method',
  'shift',
  'format',
  'shots',
  'step',
  'tokens',
  'value',
  'stderr',
  'ciLow',
  'ciHigh',
  'seedLow',
  'seedHigh',
  'seeds',
  'n',
  'chance',
] as const satisfies readonly (keyof Point)[];

export function scoreCsv(points: readonly Point[]): string {
  return csvFormat(points as Point[], COLUMNS);
}
