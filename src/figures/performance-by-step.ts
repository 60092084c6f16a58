/** Performance against pre-training step, before and after fine-tuning, one panel per task. */
import type { EvaluationRow } from '../evaluation/row.ts';
import { itemCounts, marksKind, promptKind, seedCounts } from './caption.ts';
import { draw, emptyFigure, NO_ROWS, type Figure, type FigureOptions } from './figure.ts';
import { pointsOf, selectRows, type Selection } from './points.ts';
import { scoreCsv } from './score-csv.ts';
import { panelName, scorePanels } from './score-panels.ts';

/** In one prompt format (by default `default`) on one test set (by default that like training). */
export function performanceByStep(
  rows: readonly EvaluationRow[],
  options: FigureOptions & Selection,
): Figure {
  const title = 'Performance before and after fine-tuning';
  const points = pointsOf(selectRows(rows, { formats: ['default'], ...options }));
  if (points.length === 0) return emptyFigure(title, NO_ROWS, options);
  const caption =
    'Score of each pre-training checkpoint as it is (base, dashed) and after fine-tuning on the task (tuned, solid): ' +
    `${promptKind(points)}; ${itemCounts(points)}, ${seedCounts(points)}; ${marksKind(points)}.`;
  const columns = [...new Set(points.map(panelName))];
  const panels = scorePanels(points, { column: panelName, columns, panelHeight: 210, width: options.width });
  return {
    title,
    caption,
    plot: () => draw({ title, caption, ...panels }, options),
    csv: () => scoreCsv(points),
  };
}
