/** Training and validation loss against steps, with the levels that a loss is compared with. */
import * as Plot from '@observablehq/plot';
import { csvFormat } from 'd3-dsv';
import { xAxis, yAxis } from './axes.ts';
import { draw, emptyFigure, NO_STEPS, type Drawing, type Figure, type FigureOptions } from './figure.ts';
import type { LegendEntry } from './legend.ts';
import { formatCount, formatFixed } from './numbers.ts';
import { LINE_WIDTH, NEUTRAL, RULE, VALIDATION_HUE } from './palette.ts';
import { thinned } from './thinning.ts';

/** What the curve reads of a training step's record. Losses in nats per token. */
export interface LossStep {
  readonly step: number;
  readonly loss: number;
  readonly tokens: number;
  readonly validationLoss?: number;
}

/** A level worth comparing a loss with: ln V of guessing every token equally, the entropy of guessing by frequency. */
export interface LossReference {
  readonly label: string;
  readonly value: number;
}

export interface LossOptions extends FigureOptions {
  readonly references?: readonly LossReference[];
}

/** Two points per bucket; more than a drawing of usual width can show apart. */
const BUCKETS = 500;

export function lossCurve(steps: readonly LossStep[], options: LossOptions): Figure {
  const title = 'Loss';
  if (steps.length === 0) return emptyFigure(title, NO_STEPS, options);
  const { references = [] } = options;
  const last = steps.at(-1)!;
  const shown = thinned(steps, (step) => step.loss, BUCKETS);
  const caption =
    `Training loss of each batch${shown.length < steps.length ? ' (lowest and highest of neighbouring steps)' : ''}` +
    `${hasValidation(steps) ? ' and validation loss' : ''} in nats per token, over ${formatCount(last.step)} steps and ` +
    `${formatCount(last.tokens)} tokens, 1 seed, no interval${references.map((line) => `; ${line.label}: ${formatFixed(line.value, 2)}`).join('')}.`;
  return {
    title,
    caption,
    plot: () => draw({ title, caption, ...lossDrawing(steps, shown, references) }, options),
    csv: () => csvFormat(steps as LossStep[], ['step', 'tokens', 'loss', 'validationLoss']),
  };
}

function lossDrawing(
  steps: readonly LossStep[],
  shown: readonly LossStep[],
  references: readonly LossReference[],
): Pick<Drawing, 'legend' | 'height' | 'plot'> {
  const validation = steps.filter((step) => step.validationLoss !== undefined);
  return {
    legend: lossLegend(validation.length > 0),
    height: 260,
    plot: {
      x: { nice: false, domain: [0, steps.at(-1)!.step], insetRight: 6 },
      y: { nice: true, zero: false },
      marks: [
        xAxis('training step', { ticks: 8, tickFormat: formatCount }),
        yAxis('loss (nats per token)', { ticks: 6 }),
        Plot.ruleY(references, { y: 'value', ...RULE }),
        Plot.text(references, {
          y: 'value',
          text: 'label',
          frameAnchor: 'right',
          textAnchor: 'end',
          dy: -7,
          dx: -4,
          fillOpacity: 0.75,
        }),
        Plot.line(shown, { x: 'step', y: 'loss', stroke: NEUTRAL, strokeOpacity: 0.65, strokeWidth: 1 }),
        Plot.line(validation, {
          x: 'step',
          y: 'validationLoss',
          stroke: VALIDATION_HUE,
          strokeWidth: LINE_WIDTH,
        }),
        Plot.dot(validation, { x: 'step', y: 'validationLoss', r: 2.2, fill: VALIDATION_HUE }),
      ],
    },
  };
}

function lossLegend(validation: boolean): readonly LegendEntry[] {
  const training: LegendEntry = { kind: 'line', label: 'training', color: NEUTRAL, opacity: 0.65 };
  return validation ? [training, { kind: 'line', label: 'validation', color: VALIDATION_HUE }] : [training];
}

function hasValidation(steps: readonly LossStep[]): boolean {
  return steps.some((step) => step.validationLoss !== undefined);
}
