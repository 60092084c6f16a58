/** Rows → a table to read: one line per condition, numbers rounded to what their interval supports. Plain data. */
import type { EvaluationRow } from '../evaluation/row.ts';
import { formatCount, formatFixed, supportedDecimals } from './numbers.ts';
import { metricInfo, pointsOf, type Point } from './points.ts';

export interface TableColumn {
  readonly key: keyof TableRow;
  readonly label: string;
  readonly align: 'left' | 'right';
}

export interface TableRow {
  readonly task: string;
  readonly metric: string;
  readonly step: string;
  readonly phase: string;
  readonly shift: string;
  readonly format: string;
  readonly value: string;
  readonly interval: string;
  readonly n: string;
  readonly seeds: string;
  readonly chance: string;
}

export interface ResultsTable {
  readonly caption: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

const COLUMNS: readonly TableColumn[] = [
  { key: 'task', label: 'task', align: 'left' },
  { key: 'metric', label: 'metric', align: 'left' },
  { key: 'step', label: 'step', align: 'right' },
  { key: 'phase', label: 'weights', align: 'left' },
  { key: 'shift', label: 'test set', align: 'left' },
  { key: 'format', label: 'format', align: 'left' },
  { key: 'value', label: 'score', align: 'right' },
  { key: 'interval', label: '95 % interval', align: 'right' },
  { key: 'n', label: 'n', align: 'right' },
  { key: 'seeds', label: 'seeds', align: 'right' },
  { key: 'chance', label: 'chance', align: 'right' },
];

/** All rows, seeds taken together, ordered by task, metric, test set, format, step, and base before tuned. */
export function resultsTable(rows: readonly EvaluationRow[]): ResultsTable {
  const points = [...pointsOf(rows)].sort(
    (a, b) =>
      compare([a.task, a.metric, a.shift, a.format], [b.task, b.metric, b.shift, b.format]) ||
      a.step - b.step ||
      compare([a.phase, a.method], [b.phase, b.method]),
  );
  return {
    caption: 'Means over items, with 95 % percentile bootstrap intervals over items (averaged over seeds).',
    columns: COLUMNS,
    rows: points.map(tableRow),
  };
}

function tableRow(point: Point): TableRow {
  const decimals = supportedDecimals((point.ciHigh - point.ciLow) / 2, point.n);
  return {
    task: point.task,
    metric: metricInfo(point.metric).label,
    step: formatCount(point.step),
    phase: point.phase === 'base' ? 'base' : `tuned (${point.method})`,
    shift: point.shift,
    format: point.shots === 0 ? point.format : `${point.format}, ${point.shots}-shot`,
    value: formatFixed(point.value, decimals),
    interval: `${formatFixed(point.ciLow, decimals)} to ${formatFixed(point.ciHigh, decimals)}`,
    n: formatCount(point.n),
    seeds: formatCount(point.seeds),
    chance: point.chance === 0 ? '0' : formatFixed(point.chance, 2),
  };
}

function compare(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [a.join('\0'), b.join('\0')];
  return left < right ? -1 : left > right ? 1 : 0;
}
