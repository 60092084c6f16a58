/** What fine-tuning adds: tuned − base at each pre-training step, one line per task. */
import * as Plot from '@observablehq/plot';
import { csvFormat } from 'd3-dsv';
import type { EvaluationRow } from '../evaluation/row.ts';
import { yAxis } from './axes.ts';
import { itemCounts, promptKind, seedCounts } from './caption.ts';
import {
  DEFAULT_WIDTH,
  draw,
  emptyFigure,
  NO_ROWS,
  type Drawing,
  type Figure,
  type FigureOptions,
} from './figure.ts';
import { formatCount, formatFixed, supportedDecimals } from './numbers.ts';
import { INTERVAL_WIDTH, LINE_WIDTH, NEUTRAL, RULE, taskHues } from './palette.ts';
import { metricInfo, pointsOf, selectRows, type Point, type Selection } from './points.ts';
import { scoreLabel } from './score-panels.ts';
import { stepAxis } from './step-axis.ts';

export interface Gain extends Pick<
  Point,
  'task' | 'metric' | 'method' | 'shift' | 'format' | 'step' | 'tokens' | 'n'
> {
  readonly base: number;
  readonly tuned: number;
  /** tuned − base. */
  readonly gain: number;
  readonly stderr: number;
  readonly ciLow: number;
  readonly ciHigh: number;
}

/** The normal quantile of a two-sided 95 % interval. */
const NORMAL_95 = 1.959964;

/** Gains wherever a step has both scores. The error takes the two scores as independent: √(se² + se²). */
function gainsOf(points: readonly Point[]): readonly Gain[] {
  const condition = ({ task, metric, shift, format, shots, step }: Point): string =>
    JSON.stringify([task, metric, shift, format, shots, step]);
  const bases = new Map(
    points.filter(({ phase }) => phase === 'base').map((point) => [condition(point), point]),
  );
  return points.flatMap((point) => {
    const base = bases.get(condition(point));
    if (point.phase !== 'tuned' || !base) return [];
    const gain = point.value - base.value;
    const stderr = Math.hypot(point.stderr, base.stderr);
    const { task, metric, method, shift, format, step, tokens, n } = point;
    const known = { task, metric, method, shift, format, step, tokens, n };
    const interval = { ciLow: gain - NORMAL_95 * stderr, ciHigh: gain + NORMAL_95 * stderr };
    return [{ ...known, base: base.value, tuned: point.value, gain, stderr, ...interval }];
  });
}

export function gainByTask(rows: readonly EvaluationRow[], options: FigureOptions & Selection): Figure {
  const title = 'Gain from fine-tuning';
  const points = pointsOf(selectRows(rows, { formats: ['default'], ...options }));
  const gains = gainsOf(points);
  if (gains.length === 0) return emptyFigure(title, NO_ROWS, options);
  const caption =
    'Score after fine-tuning minus score before, by pre-training checkpoint: ' +
    `${promptKind(points)}; ${itemCounts(points)}, ${seedCounts(points)}; ` +
    'bars: 95 % normal intervals, taking the two scores as independent; thin rule: no gain.';
  return {
    title,
    caption,
    plot: () => draw({ title, caption, ...gainDrawing(gains, scoreLabel(points), options.width) }, options),
    csv: () => csvFormat(gains as Gain[]),
  };
}

function gainDrawing(
  gains: readonly Gain[],
  score: string,
  width = DEFAULT_WIDTH,
): Pick<Drawing, 'legend' | 'height' | 'plot'> {
  const hues = taskHues(gains.map(({ task }) => task));
  const tasks = [...hues.keys()];
  const x = stepAxis(
    gains.map(({ step }) => step),
    width - 64,
  );
  return {
    legend: [
      ...tasks.map((task) => ({ kind: 'line', label: task, color: hues.get(task)! }) as const),
      { kind: 'interval', label: '95 % interval', color: NEUTRAL },
    ],
    height: 250,
    plot: {
      x: x.scale,
      y: { nice: true },
      marks: [
        x.mark,
        yAxis(`gain in ${score}`, { ticks: 6 }),
        Plot.ruleY([0], RULE),
        ...tasks.flatMap((task, index) => {
          const line = gains.filter((gain) => gain.task === task);
          return gainMarks(line, hues.get(task)!, 3 * (index - (tasks.length - 1) / 2));
        }),
      ],
    },
  };
}

function gainMarks(line: readonly Gain[], color: string, dx: number): Plot.Markish[] {
  const place = { x: 'step', dx };
  return [
    Plot.ruleX(line, { ...place, y1: 'ciLow', y2: 'ciHigh', stroke: color, strokeWidth: INTERVAL_WIDTH }),
    Plot.line(line, {
      ...place,
      y: 'gain',
      z: (gain: Gain) => `${gain.method} ${gain.shift} ${gain.format}`,
      stroke: color,
      strokeWidth: LINE_WIDTH,
    }),
    Plot.dot(line, { ...place, y: 'gain', r: 2.2, fill: color, title: describe, tip: true }),
  ];
}

function describe({ task, metric, step, gain, ciLow, ciHigh, n }: Gain): string {
  const decimals = supportedDecimals((ciHigh - ciLow) / 2, n);
  const [value, low, high] = [gain, ciLow, ciHigh].map((each) => formatFixed(each, decimals));
  return `${task}, step ${formatCount(step)}\ngain in ${metricInfo(metric).label} ${value} [${low}, ${high}]`;
}
