/** <loss-chart>: a live loss curve on a canvas: training loss, validation loss, and thin reference lines with their names. */
import { LitElement, css, html, unsafeCSS } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import UPlot from 'uplot';
import uplotStyles from 'uplot/dist/uPlot.min.css?inline';
import type { StepRecord } from '../experiments/run.ts';
import { controlStyles } from './control-styles.ts';
import { lossColumns } from './loss-columns.ts';
import type { ReferenceLine } from './loss-columns.ts';
import { formatCount, formatNumber } from './quantities.ts';

const HEIGHT = 168;
/** A redraw costs a few milliseconds; ten a second are as live as an eye needs and leave the GPU alone. */
const REDRAW_MS = 100;

@customElement('loss-chart')
export class LossChart extends LitElement {
  static override styles = [
    unsafeCSS(uplotStyles),
    controlStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .plot {
        height: ${HEIGHT}px;
        overflow: hidden;
      }
      .key {
        display: flex;
        flex-wrap: wrap;
        gap: 0 var(--space-3);
      }
      .mark {
        display: inline-block;
        width: 1.1rem;
        margin-right: var(--space-1);
        border-top: 2px solid var(--color-accent);
        vertical-align: middle;
      }
      .mark.validation {
        border-top-color: var(--color-validation);
      }
      .mark.reference {
        border-top: 1px dashed var(--color-text-quiet);
      }
    `,
  ];

  /** Steps in order; a new array redraws. */
  @property({ attribute: false }) steps: readonly StepRecord[] = [];
  @property({ attribute: false }) references: readonly ReferenceLine[] = [];
  private chart: UPlot | null = null;
  private timer = 0;
  private readonly resize = new ResizeObserver(() => this.redrawSoon());
  private readonly scheme = matchMedia('(prefers-color-scheme: dark)');

  override connectedCallback(): void {
    super.connectedCallback();
    this.resize.observe(this);
    this.scheme.addEventListener('change', this.repaint);
    document.documentElement.addEventListener('theme-change', this.repaint);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resize.disconnect();
    this.scheme.removeEventListener('change', this.repaint);
    document.documentElement.removeEventListener('theme-change', this.repaint);
    clearTimeout(this.timer);
    this.timer = 0;
    this.discard();
  }

  override render() {
    const last = this.steps.at(-1);
    const validation = this.steps.findLast((step) => step.validationLoss !== undefined);
    const label = last
      ? `Loss curve: training loss ${formatNumber(last.loss)} at step ${formatCount(last.step)}` +
        (validation ? `, validation loss ${formatNumber(validation.validationLoss)}` : '')
      : 'Loss curve: no step measured yet';
    return html`
      <div class="plot" role="img" aria-label=${label}></div>
      <div class="key small soft">
        <span><i class="mark"></i>training loss, nats per token</span>
        ${validation ? html`<span><i class="mark validation"></i>validation</span>` : ''}
        ${this.references.map(
          ({ label: name, value }) =>
            html`<span><i class="mark reference"></i>${name} = ${formatNumber(value, 3)}</span>`,
        )}
      </div>
    `;
  }

  override updated(): void {
    this.redrawSoon();
  }

  private readonly repaint = (): void => {
    this.discard();
    this.redrawSoon();
  };

  private redrawSoon(): void {
    this.timer ||= window.setTimeout(() => {
      this.timer = 0;
      this.draw();
    }, REDRAW_MS);
  }

  private draw(): void {
    const place = this.renderRoot.querySelector<HTMLElement>('.plot');
    const width = Math.floor(this.clientWidth);
    if (!place || width < 40) return;
    const data = lossColumns(this.steps, this.references, Math.ceil(width / 2)) as UPlot.AlignedData;
    // Series are fixed when the chart is made: another set of references needs another chart.
    if (this.chart && this.chart.series.length !== data.length) this.discard();
    this.chart ??= new UPlot(this.options(width), data, place);
    if (this.chart.width !== width) this.chart.setSize({ width, height: HEIGHT });
    this.chart.setData(data);
  }

  private discard(): void {
    this.chart?.destroy();
    this.chart = null;
  }

  /** A token as the canvas understands it: `light-dark()` must be resolved by an element first. */
  private colour(token: string): string {
    const probe = this.renderRoot.querySelector<HTMLElement>('.key')!;
    probe.style.color = `var(${token})`;
    const resolved = getComputedStyle(probe).color;
    probe.style.color = '';
    return resolved;
  }

  private options(width: number): UPlot.Options {
    const font = `12px ${getComputedStyle(this).fontFamily}`;
    const quiet = this.colour('--color-text-quiet');
    const axis = {
      stroke: quiet,
      font,
      labelFont: font,
      labelSize: 16,
      labelGap: 0,
      gap: 4,
      ticks: { show: false },
    };
    const grid = { stroke: this.colour('--color-border'), width: 1 };
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 4, 0, 0],
      cursor: { points: { size: 6 }, drag: { setScale: false } },
      scales: { x: { time: false } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 28,
          label: 'step',
          values: (_chart, ticks) => ticks.map(wholeTick),
        },
        { ...axis, grid, size: 40, values: (_chart, ticks) => ticks.map((tick) => formatNumber(tick, 3)) },
      ],
      series: [
        {},
        { stroke: this.colour('--color-accent'), width: 1.5, points: { show: this.steps.length < 2 } },
        {
          stroke: this.colour('--color-validation'),
          width: 1.5,
          spanGaps: true,
          points: { show: true, size: 5 },
        },
        ...this.references.map(() => ({ stroke: quiet, width: 1, dash: [4, 4], points: { show: false } })),
      ],
    };
  }
}

/** Steps are whole: a tick between two of them would say nothing. */
function wholeTick(tick: number): string {
  return Number.isInteger(tick) ? formatCount(tick) : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'loss-chart': LossChart;
  }
}
