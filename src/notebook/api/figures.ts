/** The study's figures and its table: rows in, a picture that states n, seeds and interval kind out. */
import type { EvaluationRow } from '../../evaluation/row.ts';
import type { StepRecord } from '../../experiments/run.ts';
import * as figures from '../../figures/index.ts';
import { View, type Builtin } from '../builtins.ts';

type RowFigure = Builtin<(rows: readonly EvaluationRow[], options?: object) => figures.Figure>;

function rowFigure(name: keyof typeof draw, doc: string): RowFigure {
  return {
    signature: `${name}(rows)`,
    doc,
    bind:
      () =>
      (rows, options = {}) =>
        draw[name](listOf(name, rows), { ...options, document }),
  };
}

const draw = {
  formatComparison: figures.formatComparison,
  gainByTask: figures.gainByTask,
  performanceByStep: figures.performanceByStep,
  shiftComparison: figures.shiftComparison,
};

export const formatComparison = rowFigure(
  'formatComparison',
  'Score by prompt format, over pre-training steps, before and after fine-tuning.',
);
export const gainByTask = rowFigure(
  'gainByTask',
  'Score after fine-tuning minus score before, by task and pre-training step.',
);
export const performanceByStep = rowFigure(
  'performanceByStep',
  'Score against pre-training step, base dashed and tuned solid, with 95 % intervals and the chance level; a panel per task.',
);
export const shiftComparison = rowFigure(
  'shiftComparison',
  'Score on in-distribution and shifted test sets, before and after fine-tuning.',
);

type Losses = (
  steps: readonly StepRecord[],
  options?: { readonly references?: readonly figures.LossReference[] },
) => figures.Figure;

export const lossCurve: Builtin<Losses> = {
  signature: 'lossCurve(steps, {references: [{label, value}]})',
  doc: 'Training and validation loss of a run against its steps, with levels to compare them with.',
  bind:
    () =>
    (steps, options = {}) =>
      figures.lossCurve(listOf('lossCurve', steps), { ...options, document }),
};

export const resultsTable: Builtin<(rows: readonly EvaluationRow[]) => View<figures.ResultsTable>> = {
  signature: 'resultsTable(rows)',
  doc: 'Evaluation rows as a table, numbers rounded to what their intervals support; sort by a head, export as CSV.',
  bind: () => (rows) => {
    const results = figures.resultsTable(listOf('resultsTable', rows));
    const columns = results.columns.map(({ key, label }) => ({ key, title: label }));
    return new View(results, () =>
      Object.assign(document.createElement('data-table'), { columns, rows: results.rows }),
    );
  },
};

function listOf<T>(name: string, items: readonly T[]): readonly T[] {
  if (Array.isArray(items)) return items;
  throw new TypeError(
    `${name}: got ${typeof items}, expected a list; name what grows in one cell and use it in another`,
  );
}
