/** The study's figures: rows in, a figure out that says its n, seeds and intervals and exports as SVG, PNG and CSV. */
import type { EvaluationRow } from '../../evaluation/row.ts';
import * as figures from '../../figures/index.ts';
import type { Figure, FigureOptions, LossOptions, LossStep, RooflineProfile } from '../../figures/index.ts';
import { View, type Builtin } from '../builtins.ts';
import { listArgument } from './list-argument.ts';

/** What a person may say of a figure; the document is the notebook's. */
type Options<O extends FigureOptions> = Partial<Omit<O, 'document'>>;
type RowsFigure<O extends FigureOptions> = Builtin<
  (rows: readonly EvaluationRow[], options?: Options<O>) => Figure
>;

/** Pixels: as wide as the page has room for, never wider than reads well. */
const WIDEST = 720;
const NARROWEST = 320;
/** Beside the figure: the run button's column and the page's edges. */
const MARGIN = 72;

function complete<O>(options: O): O & FigureOptions {
  const room = document.documentElement.clientWidth - MARGIN;
  return { width: Math.max(NARROWEST, Math.min(WIDEST, room)), ...options, document };
}

function ofRows<O extends FigureOptions>(
  name: string,
  doc: string,
  draw: (rows: readonly EvaluationRow[], options: Options<O> & FigureOptions) => Figure,
): RowsFigure<O> {
  const bind =
    () =>
    (rows: readonly EvaluationRow[], options: Options<O> = {}) =>
      draw(listArgument(name, rows), complete(options));
  return { signature: `${name}(rows)`, doc, bind };
}

export const performanceByStep = ofRows<Parameters<typeof figures.performanceByStep>[1]>(
  'performanceByStep',
  'Scores against pre-training step, before (dashed) and after fine-tuning (solid), a panel for each task, with intervals and the chance level.',
  figures.performanceByStep,
);

export const shiftComparison = ofRows<Parameters<typeof figures.shiftComparison>[1]>(
  'shiftComparison',
  'In-distribution against shifted test sets, by pre-training step.',
  figures.shiftComparison,
);

export const formatComparison = ofRows<Parameters<typeof figures.formatComparison>[1]>(
  'formatComparison',
  'Scores by prompt format, before and after fine-tuning.',
  figures.formatComparison,
);

export const gainByTask = ofRows<Parameters<typeof figures.gainByTask>[1]>(
  'gainByTask',
  'What fine-tuning added to each task, or took away, by pre-training step.',
  figures.gainByTask,
);

export const lossCurve: Builtin<(steps: readonly LossStep[], options?: Options<LossOptions>) => Figure> = {
  signature: 'lossCurve(steps, {references: [{label, value}]})',
  doc: 'Training and validation loss in nats per token: `const curve = steps(run)` in one cell, `lossCurve(curve)` in another.',
  bind:
    () =>
    (steps, options = {}) =>
      figures.lossCurve(listArgument('lossCurve', steps), complete(options)),
};

export const roofline: Builtin<(costs: RooflineProfile | null, options?: Options<FigureOptions>) => Figure> =
  {
    signature: 'roofline(costs)',
    doc: 'Each kernel of a training step under what the adapter can do at best: `const costs = await profileStep(run)` in one cell, `roofline(costs)` in another.',
    bind:
      () =>
      (costs, options = {}) =>
        figures.roofline(costs, complete(options)),
  };

export const resultsTable: Builtin<(rows: readonly EvaluationRow[]) => View<figures.ResultsTable['rows']>> = {
  signature: 'resultsTable(rows)',
  doc: 'Every score with its interval, n, seeds and chance level, rounded to what the interval supports.',
  bind: () => (rows) => {
    const table = figures.resultsTable(listArgument('resultsTable', rows));
    const columns = table.columns.map(({ key, label }) => ({ key, title: label }));
    const properties = { rows: table.rows, columns, label: table.caption };
    return new View(table.rows, () => Object.assign(document.createElement('data-table'), properties));
  },
};
