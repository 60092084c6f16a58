/** Prompt formats side by side: one column per format, one row per task. */
import type { EvaluationRow } from '../evaluation/row.ts';
import { itemCounts, marksKind, promptKind, seedCounts } from './caption.ts';
import { draw, emptyFigure, NO_ROWS, type Figure, type FigureOptions } from './figure.ts';
import { pointsOf, selectRows, type Point, type Selection } from './points.ts';
import { scoreCsv } from './score-csv.ts';
import { panelName, scorePanels } from './score-panels.ts';

export function formatComparison(rows: readonly EvaluationRow[], options: FigureOptions & Selection): Figure {
  const title = 'Performance by prompt format';
  const points = pointsOf(selectRows(rows, options));
  if (points.length === 0) return emptyFigure(title, NO_ROWS, options);
  const caption =
    'Score in each prompt format, base dashed, tuned (in the default format) solid: ' +
    `${promptKind(points)}; ${itemCounts(points)}, ${seedCounts(points)}; ${marksKind(points)}.`;
  const panels = scorePanels(points, {
    column: (point) => point.format,
    columns: [...new Set(points.map((point) => point.format))].sort(),
    row: rowName,
    rows: [...new Set(points.map(rowName))],
    panelHeight: 150,
    width: options.width,
  });
  return {
    title,
    caption,
    plot: () => draw({ title, caption, ...panels }, options),
    csv: () => scoreCsv(points),
  };
}

function rowName(point: Point): string {
  return panelName(point).replace(' · ', '\n');
}
