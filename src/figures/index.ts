/** Every figure and table, by name: a new one is its file and a line here. */
export { toPng, toSvg, type SvgOptions } from './export.ts';
export type { Figure, FigureOptions } from './figure.ts';
export { formatComparison } from './format-comparison.ts';
export { gainByTask } from './gain-by-task.ts';
export { lossCurve, type LossOptions, type LossReference, type LossStep } from './loss-curve.ts';
export { performanceByStep } from './performance-by-step.ts';
export { resultsTable, type ResultsTable } from './results-table.ts';
export { roofline, type RooflineProfile } from './roofline.ts';
export { shiftComparison } from './shift-comparison.ts';
