/** Axes as all figures have them: short ticks, the label in the middle with its unit, no arrow. */
import * as Plot from '@observablehq/plot';

export function xAxis(label: string, options: Plot.AxisXOptions = {}): Plot.Markish {
  return Plot.axisX({
    tickSize: 4,
    label,
    labelAnchor: 'center',
    labelArrow: 'none',
    labelOffset: 34,
    ...options,
  });
}

/** The axis with its grid; the ticks are those of the scale, about `ticks` of them. */
export function yAxis(label: string, options: Plot.AxisYOptions = {}): Plot.Markish[] {
  const { ticks = 5 } = options;
  return [
    Plot.axisY({
      tickSize: 4,
      label,
      labelAnchor: 'center',
      labelArrow: 'none',
      labelOffset: 46,
      ...options,
      ticks,
    }),
    Plot.gridY({ ticks, strokeOpacity: 0.12 }),
  ];
}
