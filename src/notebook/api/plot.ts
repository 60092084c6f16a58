/** `Plot`: Observable Plot, for pictures that the ready figures do not draw. */
import * as ObservablePlot from '@observablehq/plot';
import type { Builtin } from '../builtins.ts';

export const Plot: Builtin<typeof ObservablePlot> = {
  signature: 'Plot',
  doc: 'Observable Plot: Plot.plot({marks: [Plot.line(rows, {x: "step", y: "value"})]}). Figures that say n, seeds and intervals by themselves: performanceByStep and its neighbours.',
  bind: () => ObservablePlot,
};
