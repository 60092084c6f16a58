/** In-distribution against shifted test sets, before and after fine-tuning, one panel per task. */
import type { EvaluationRow } from '../evaluation/row.ts';
import { itemCounts, marksKind, promptKind, seedCounts } from './caption.ts';
import { draw, emptyFigure, NO_ROWS, type Figure, type FigureOptions } from './figure.ts';
import { pointsOf, selectRows, type Selection } from './points.ts';
import { scoreCsv } from './score-csv.ts';
import { panelName, scorePanels } from './score-panels.ts';

export function shiftComparison(rows: readonly EvaluationRow[], options: FigureOptions & Selection): Figure {
  const title = 'In-distribution and shifted test sets';
  const points = pointsOf(selectRows(rows, { formats: ['default'], shifts: ['id', 'ood'], ...options }));
  if (points.length === 0) return emptyFigure(title, NO_ROWS, options);
  const caption =
    'Score on held-out items like those of training (full colour) and on shifted ones (lighter), base dashed, tuned ' +
    `solid: ${promptKind(points)}; ${itemCounts(points)}, ${seedCounts(points)}; ${marksKind(points)}.`;
  const columns = [...new Set(points.map(panelName))];
  const panels = scorePanels(points, { column: panelName, columns, panelHeight: 230, width: options.width });
  return {
    title,
    caption,
    plot: () => draw({ title, caption, ...panels }, options),
    csv: () => scoreCsv(points),
  };
}
