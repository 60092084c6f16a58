/** Evaluation rows → the points that figures draw: one per condition and pre-training step, seeds taken together. */
import { metrics, type MetricInfo } from '../evaluation/metrics.ts';
import type { EvaluationRow } from '../evaluation/row.ts';

export type Phase = EvaluationRow['phase'];

/** What a figure shows of the rows; what is left out is chosen by `selectRows`. */
export interface Selection {
  readonly shifts?: readonly EvaluationRow['shift'][];
  readonly formats?: readonly string[];
  /** Default: the smallest there is. */
  readonly shots?: number;
  /** Default: each task's main metric. */
  readonly metric?: string;
}

export interface Point {
  readonly task: string;
  readonly metric: string;
  readonly phase: Phase;
  readonly method: EvaluationRow['method'];
  readonly shift: EvaluationRow['shift'];
  readonly format: string;
  readonly shots: number;
  readonly step: number;
  readonly tokens: number;
  /** Mean over seeds. */
  readonly value: number;
  readonly stderr: number;
  /** Interval over items, averaged over seeds. */
  readonly ciLow: number;
  readonly ciHigh: number;
  /** Lowest and highest value of a seed. */
  readonly seedLow: number;
  readonly seedHigh: number;
  readonly seeds: number;
  readonly n: number;
  readonly chance: number;
}

/** Rows of a selection; of tuned weights only those tuned on the task itself, unless `cross` is asked for. */
export function selectRows(rows: readonly EvaluationRow[], selection: Selection): readonly EvaluationRow[] {
  const { shifts = ['id'], formats, metric } = selection;
  const shots = selection.shots ?? Math.min(...rows.map((row) => row.shots));
  const main = mainMetrics(rows);
  return rows.filter(
    (row) =>
      shifts.includes(row.shift) &&
      (formats === undefined || formats.includes(row.format)) &&
      row.shots === shots &&
      row.metric === (metric ?? main.get(row.task)),
  );
}

/** The metric that stands for each task: of those in its rows, the one with the lowest rank. */
function mainMetrics(rows: readonly EvaluationRow[]): ReadonlyMap<string, string> {
  const main = new Map<string, string>();
  for (const { task, metric } of rows) {
    const known = main.get(task);
    if (known === undefined || rank(metric) < rank(known)) main.set(task, metric);
  }
  return main;
}

function rank(metric: string): number {
  return metricInfo(metric).rank;
}

/** What is known of a metric; one that is not in the table goes by its name. */
export function metricInfo(metric: string): MetricInfo {
  const known: Readonly<Record<string, MetricInfo>> = metrics;
  return Object.hasOwn(known, metric) ? known[metric]! : { label: metric, rank: Infinity };
}

/** One point per condition and step, ordered by task, phase, shift, format and step. */
export function pointsOf(rows: readonly EvaluationRow[]): readonly Point[] {
  const groups = new Map<string, EvaluationRow[]>();
  for (const row of rows) {
    const { task, metric, phase, method, shift, format, shots, step } = row;
    const key = JSON.stringify([task, metric, phase, method, shift, format, shots, step]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map(pointOf).sort(compare);
}

function pointOf(rows: readonly EvaluationRow[]): Point {
  const { task, metric, phase, method, shift, format, shots, step, tokens, n, chance } = rows[0]!;
  const values = rows.map((row) => row.value);
  const average = (pick: (row: EvaluationRow) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0) / rows.length;
  return {
    ...{ task, metric, phase, method, shift, format, shots, step, tokens },
    value: average((row) => row.value),
    stderr: average((row) => row.stderr),
    ciLow: average((row) => row.ciLow),
    ciHigh: average((row) => row.ciHigh),
    seedLow: Math.min(...values),
    seedHigh: Math.max(...values),
    seeds: rows.length,
    n,
    chance,
  };
}

function compare(a: Point, b: Point): number {
  const order = (point: Point): string =>
    [point.task, point.metric, point.phase, point.method, point.shift, point.format].join('\0');
  return order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : a.step - b.step;
}
