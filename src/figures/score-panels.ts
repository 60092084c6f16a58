/**
 * Panels of scores against pre-training steps: base dashed, tuned solid, shifted lighter, one hue per task, intervals
 * as bars, seeds as bands, chance as a thin rule. The figures of scores are this with their own panels.
 */
import * as Plot from '@observablehq/plot';
import { yAxis } from './axes.ts';
import { hasChance, hasSeeds } from './caption.ts';
import { DEFAULT_WIDTH, FACET_MARGIN, type Drawing } from './figure.ts';
import type { LegendEntry } from './legend.ts';
import { formatCount, formatFixed, supportedDecimals } from './numbers.ts';
import * as palette from './palette.ts';
import { metricInfo, type Phase, type Point } from './points.ts';
import { stepAxis } from './step-axis.ts';

export interface Panels {
  /** The name of a point's column, in the order of `columns`, and of its row where there are several. */
  readonly column: (point: Point) => string;
  readonly columns: readonly string[];
  readonly row?: (point: Point) => string;
  readonly rows?: readonly string[];
  readonly panelHeight: number;
  readonly width?: number | undefined;
}

/** A point with the panel it stands in. */
interface Placed extends Point {
  readonly column: string;
  readonly row: string | undefined;
}

const PHASES: readonly Phase[] = ['base', 'tuned'];
const AXES = 64;
const ROW_NAMES = 96;

/** The part of a drawing that shows the points; title and caption are the figure's own. */
export function scorePanels(
  points: readonly Point[],
  panels: Panels,
): Pick<Drawing, 'legend' | 'height' | 'plot'> {
  const { columns, rows = [], panelHeight, width = DEFAULT_WIDTH } = panels;
  const placed = points.map((point) => ({
    ...point,
    column: panels.column(point),
    row: panels.row?.(point),
  }));
  const hues = palette.taskHues(points.map((point) => point.task));
  const room = width - AXES - (rows.length > 0 ? ROW_NAMES : 0);
  const x = stepAxis(
    points.map((point) => point.step),
    (0.9 * room) / columns.length,
  );
  return {
    legend: scoreLegend(points),
    height: Math.max(1, rows.length) * panelHeight + FACET_MARGIN + 40,
    plot: {
      marginTop: FACET_MARGIN,
      ...(rows.length > 0 && { marginRight: ROW_NAMES }),
      x: x.scale,
      y: { domain: [0, top(points)], nice: true },
      fx: { domain: columns, label: null, padding: 0.1, axis: 'top' },
      fy: { domain: rows, label: null, padding: 0.2 },
      marks: [
        x.mark,
        yAxis(scoreLabel(points)),
        Plot.ruleY(onePerPanel(placed), { y: 'chance', ...facets(rows), ...palette.RULE }),
        ...linesOf(placed).flatMap((line) => lineMarks(line, hues.get(line[0]!.task)!, facets(rows))),
      ],
    },
  };
}

/** What the lines, bars and bands of these points mean. */
function scoreLegend(points: readonly Point[]): readonly LegendEntry[] {
  const color = palette.NEUTRAL;
  const shifts = [...new Set(points.map((point) => point.shift))].sort(
    (a, b) => SHIFT_ORDER.indexOf(a) - SHIFT_ORDER.indexOf(b),
  );
  const phases = PHASES.filter((phase) => points.some((point) => point.phase === phase));
  return [
    ...shifts.flatMap((shift) =>
      phases.map((phase): LegendEntry => ({
        kind: 'line',
        label: shifts.length > 1 ? `${phase}, ${SHIFT_NAMES[shift]}` : phase,
        color,
        dash: palette.PHASE_DASH[phase],
        opacity: palette.SHIFT_OPACITY[shift],
      })),
    ),
    { kind: 'interval', label: '95 % interval', color },
    ...(hasSeeds(points)
      ? [{ kind: 'band', label: 'range over seeds', color, opacity: palette.SEED_BAND_OPACITY } as const]
      : []),
    ...(hasChance(points)
      ? [{ kind: 'rule', label: 'chance', color, opacity: palette.RULE.strokeOpacity } as const]
      : []),
  ];
}

const SHIFT_NAMES = { id: 'in distribution', ood: 'shifted', cross: 'another task' } as const;
const SHIFT_ORDER: readonly Point['shift'][] = ['id', 'ood', 'cross'];

/** "spam · accuracy". */
export function panelName({ task, metric }: Point): string {
  return `${task} · ${metricInfo(metric).label}`;
}

/** The metric's name, or "score" where panels have several. */
export function scoreLabel(points: readonly Point[]): string {
  const labels = new Set(points.map((point) => metricInfo(point.metric).label));
  return labels.size === 1 ? [...labels][0]! : 'score';
}

/** Points of one line each. */
function linesOf<P extends Point>(points: readonly P[]): readonly (readonly P[])[] {
  const lines = new Map<string, P[]>();
  for (const point of points) {
    const key = JSON.stringify([
      point.task,
      point.metric,
      point.phase,
      point.method,
      point.shift,
      point.format,
    ]);
    lines.set(key, [...(lines.get(key) ?? []), point]);
  }
  return [...lines.values()];
}

function facets(rows: readonly string[]): { fx: string; fy?: string } {
  return rows.length > 0 ? { fx: 'column', fy: 'row' } : { fx: 'column' };
}

function lineMarks(
  line: readonly Placed[],
  color: string,
  facet: { fx: string; fy?: string },
): Plot.Markish[] {
  const { phase, shift } = line[0]!;
  const opacity = palette.SHIFT_OPACITY[shift];
  const dash = palette.PHASE_DASH[phase];
  // Bars of base and tuned weights stand side by side where their scores meet.
  const place = { ...facet, x: 'step', dx: phase === 'base' ? -1.5 : 1.5 };
  const band = { y1: 'seedLow', y2: 'seedHigh', fill: color, fillOpacity: palette.SEED_BAND_OPACITY };
  const interval = {
    y1: 'ciLow',
    y2: 'ciHigh',
    stroke: color,
    strokeOpacity: opacity,
    strokeWidth: palette.INTERVAL_WIDTH,
  };
  const stroke = { stroke: color, strokeOpacity: opacity, strokeWidth: palette.LINE_WIDTH };
  return [
    ...(hasSeeds(line) ? [Plot.areaY(line, { ...place, ...band })] : []),
    Plot.ruleX(line, { ...place, ...interval }),
    Plot.line(line, { ...place, y: 'value', ...stroke, ...(dash && { strokeDasharray: dash }) }),
    Plot.dot(line, {
      ...place,
      y: 'value',
      r: 2.2,
      fill: color,
      fillOpacity: opacity,
      title: describe,
      tip: true,
    }),
  ];
}

/** What a point says when pointed at. */
function describe(point: Point): string {
  const decimals = supportedDecimals((point.ciHigh - point.ciLow) / 2, point.n);
  const [value, low, high] = [point.value, point.ciLow, point.ciHigh].map((each) =>
    formatFixed(each, decimals),
  );
  return [
    `${point.task}, ${point.phase}, ${SHIFT_NAMES[point.shift]}, ${point.format}`,
    `step ${formatCount(point.step)}`,
    `${metricInfo(point.metric).label} ${value} [${low}, ${high}], n = ${formatCount(point.n)}`,
  ].join('\n');
}

/** One point of each panel that has a chance level to draw. */
function onePerPanel(points: readonly Placed[]): readonly Placed[] {
  const panels = new Map(
    points.filter(({ chance }) => chance > 0).map((point) => [`${point.column}\0${point.row}`, point]),
  );
  return [...panels.values()];
}

function top(points: readonly Point[]): number {
  return Math.max(0.1, ...points.flatMap(({ ciHigh, seedHigh, chance }) => [ciHigh, seedHigh, chance]));
}
