/** `Plot`: Observable Plot, for pictures that the ready figures do not draw. */
import * as ObservablePlot from '@observablehq/plot';
import type { Builtin } from '../builtins.ts';

export const Plot: Builtin<typeof ObservablePlot> = {
  signature: 'Plot',
  doc: 'Observable Plot: Plot.plot({marks: [Plot.line(rows, {x: "step", y: "value"})]}). Figures that say n, seeds and intervals by themselves: performanceByStep and its neighbours.',
  bind: () => ({ ...ObservablePlot, plot }),
};

/** Plot's own labels stand on groups, where assistive technology does not expect them: the picture gets one name. */
function plot(options: ObservablePlot.PlotOptions = {}): ReturnType<typeof ObservablePlot.plot> {
  const made = ObservablePlot.plot(options);
  const pictures = made instanceof SVGSVGElement ? [made] : made.querySelectorAll('svg');
  for (const picture of pictures) {
    picture.setAttribute('role', 'img');
    if (!picture.hasAttribute('aria-label')) picture.setAttribute('aria-label', nameOf(options));
    for (const group of picture.querySelectorAll('g[aria-label]:not([role])'))
      group.removeAttribute('aria-label');
  }
  return made;
}

function nameOf({ title, caption }: ObservablePlot.PlotOptions): string {
  return [title, caption].find((text) => typeof text === 'string') ?? 'Plot';
}
