/** The axis of pre-training steps: log-spaced but with a place for step 0, ticks at the checkpoints themselves. */
import type * as Plot from '@observablehq/plot';
import { xAxis } from './axes.ts';
import { formatCount } from './numbers.ts';

/** Mean advance of a digit of the figures' 11 px font. */
const DIGIT = 6.5;
/** Pixels kept free between two labels. */
const FREE = 8;
const INSET = 6;

export interface StepAxis {
  readonly scale: Plot.ScaleOptions;
  readonly mark: Plot.Markish;
}

/** @param width of one panel in pixels. */
export function stepAxis(steps: Iterable<number>, width: number): StepAxis {
  const sorted = [...new Set(steps)].sort((a, b) => a - b);
  // A scale of one checkpoint has no extent; the space around it shows that it is one.
  const domain = sorted.length === 1 ? [0, Math.max(1, 2 * sorted[0]!)] : [sorted[0]!, sorted.at(-1)!];
  return {
    scale: { type: 'symlog', domain, inset: INSET },
    mark: xAxis('pre-training step (log scale)', {
      ticks: namedSteps(sorted, domain, width),
      tickFormat: formatCount,
    }),
  };
}

/** As many of the steps as have room for their names, from the last one down: the end of training is always named. */
function namedSteps(sorted: readonly number[], domain: readonly number[], width: number): number[] {
  const low = Math.log1p(domain[0]!);
  const pixels = (width - 2 * INSET) / (Math.log1p(domain[1]!) - low);
  const named: number[] = [];
  let limit = Infinity;
  for (const step of [...sorted].reverse()) {
    const center = (Math.log1p(step) - low) * pixels;
    const half = (formatCount(step).length * DIGIT) / 2;
    if (center + half > limit) continue;
    named.unshift(step);
    limit = center - half - FREE;
  }
  return named;
}
