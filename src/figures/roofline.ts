/**
 * The roofline of a training step (Williams, Waterman & Patterson 2009): each kernel at the operations it does for every
 * byte it moves, under what the adapter can do at best. How far below the roof a dot lies is what could be won.
 */
import * as Plot from '@observablehq/plot';
import { csvFormat } from 'd3-dsv';
import { xAxis, yAxis } from './axes.ts';
import { draw, emptyFigure, type Drawing, type Figure, type FigureOptions } from './figure.ts';
import type { LegendEntry } from './legend.ts';
import { formatCount, formatFixed } from './numbers.ts';
import { NEUTRAL, RULE, VALIDATION_HUE } from './palette.ts';

/** What the figure reads of a profile. Times in ms. */
export interface RooflineKernel {
  readonly kernel: string;
  readonly dispatches: number;
  readonly milliseconds: number;
  readonly flops: number | null;
  readonly bytes: number;
}

/** What the adapter can do at best, per second. */
export interface RooflineCeilings {
  readonly arithmetic: number;
  readonly matmul: number;
  readonly bandwidth: number;
}

export interface RooflineProfile {
  readonly adapter: string;
  readonly kernels: readonly RooflineKernel[];
  readonly ceilings: RooflineCeilings;
}

interface Dot extends RooflineKernel {
  readonly counted: boolean;
  /** Operations for every byte. */
  readonly intensity: number;
  /** GFLOP/s. */
  readonly rate: number;
}

const GIGA = 1e9;
/** Kernels named in the drawing: those that take the most time. */
const named = 4;
/** Kernels that do not count their operations are drawn at one for each number of four bytes. */
const uncounted = 1 / 4;
const NO_PROFILE = 'No profile yet: press Profile in the Performance section of a run.';

export function roofline(profile: RooflineProfile | null, options: FigureOptions): Figure {
  const title = 'Roofline of one training step';
  const dots = (profile?.kernels ?? [])
    .filter(({ milliseconds, bytes }) => milliseconds > 0 && bytes > 0)
    .map(dotOf);
  if (!profile || dots.length === 0) return emptyFigure(title, NO_PROFILE, options);
  const { arithmetic, matmul, bandwidth } = profile.ceilings;
  const caption =
    `${formatCount(dots.length)} kernels of one step on ${profile.adapter}; area: time. Measured ceilings: multiply-adds ` +
    `${rateText(arithmetic)} GFLOP/s, best matmul ${rateText(matmul)} GFLOP/s, triad ${rateText(bandwidth)} GB/s. ` +
    'Hollow: operations not counted, drawn at one for every number moved. Median of repeated runs, no interval.';
  return {
    title,
    caption,
    plot: () => draw({ title, caption, ...drawing(dots, profile.ceilings) }, options),
    csv: () => rooflineCsv(profile.kernels),
  };
}

function dotOf(kernel: RooflineKernel): Dot {
  const counted = kernel.flops !== null;
  const flops = kernel.flops ?? kernel.bytes * uncounted;
  const rate = flops / kernel.milliseconds / 1e6;
  return { ...kernel, counted, intensity: flops / kernel.bytes, rate };
}

function drawing(
  dots: readonly Dot[],
  ceilings: RooflineCeilings,
): Pick<Drawing, 'legend' | 'height' | 'plot'> {
  const [arithmetic, bandwidth] = [ceilings.arithmetic / GIGA, ceilings.bandwidth / GIGA];
  const rates = dots.map(({ rate }) => rate);
  const intensities = dots.map(({ intensity }) => intensity);
  const low = Math.min(0.1, ...intensities) / 1.5;
  const high = Math.max(arithmetic / bandwidth, ...intensities) * 4;
  const bottom = Math.min(...rates, bandwidth * low) / 2;
  const top = Math.max(arithmetic, ...rates) * 2;
  return {
    legend: legend(dots),
    height: 300,
    plot: {
      x: { type: 'log', domain: [low, high] },
      y: {
        type: 'log',
        domain: [bottom, top],
      },
      r: { type: 'sqrt', range: [1.5, 9] },
      marks: [
        xAxis('arithmetic intensity (FLOP per byte)', { ticks: decades(low, high), tickFormat: shortNumber }),
        yAxis('speed (GFLOP/s)', { ticks: decades(bottom, top), tickFormat: shortNumber }),
        ...roofMarks(ceilings, low, high),
        ...dotMarks(dots, Math.sqrt(low * high)),
      ],
    },
  };
}

/** The roof from the least intensity to the most: what memory can feed, then what arithmetic can do. */
function roofMarks(ceilings: RooflineCeilings, low: number, high: number): Plot.Markish[] {
  const { arithmetic, matmul, bandwidth } = ceilings;
  const roof = [low, arithmetic / bandwidth, high].map((x) => ({
    x,
    y: Math.min(arithmetic, bandwidth * x) / GIGA,
  }));
  const name = (at: { readonly x: number; readonly y: number }, text: string, place: Plot.TextOptions) =>
    Plot.text([at], { x: 'x', y: 'y', text: () => text, fillOpacity: 0.75, ...place });
  const right = { textAnchor: 'end', dx: -4 } as const;
  return [
    Plot.line(roof, { x: 'x', y: 'y', stroke: NEUTRAL, strokeWidth: 1.4 }),
    Plot.ruleY([matmul / GIGA], { ...RULE, strokeDasharray: '2,3' }),
    name(roof[2]!, 'multiply-adds', { ...right, dy: -8 }),
    name({ x: low, y: matmul / GIGA }, 'best matmul', { textAnchor: 'start', dx: 8, dy: -7 }),
    name(roof[0]!, 'triad', { textAnchor: 'start', dx: 16, dy: 12 }),
  ];
}

/** Names stand beside their dots, in the right half under them, where the roof is not. */
function dotMarks(dots: readonly Dot[], middle: number): Plot.Markish[] {
  const place = { x: 'intensity', y: 'rate' } as const;
  const names = labelled(dots);
  const label = { ...place, text: 'kernel', fontSize: 10 } as const;
  const [left, right] = [true, false].map((left) =>
    names.filter(({ intensity }) => intensity < middle === left),
  ) as [Dot[], Dot[]];
  return [
    Plot.dot(dots, {
      ...place,
      r: 'milliseconds',
      stroke: VALIDATION_HUE,
      fill: VALIDATION_HUE,
      fillOpacity: (dot: Dot) => (dot.counted ? 0.55 : 0),
      title: describe,
      tip: true,
    }),
    Plot.text(left, { ...label, dx: 11, textAnchor: 'start' }),
    Plot.text(right, { ...label, dx: 6, dy: 16, textAnchor: 'end' }),
  ];
}

/** The heaviest kernels, less those whose name would lie on that of a heavier one. */
function labelled(dots: readonly Dot[]): Dot[] {
  const shown: Dot[] = [];
  for (const dot of [...dots].sort((a, b) => b.milliseconds - a.milliseconds)) {
    const free = shown.every((other) => Math.abs(Math.log10(other.rate / dot.rate)) > 0.22);
    if (free) shown.push(dot);
    if (shown.length === named) break;
  }
  return shown;
}

function legend(dots: readonly Dot[]): LegendEntry[] {
  const entries: LegendEntry[] = [];
  if (dots.some(({ counted }) => counted))
    entries.push({ kind: 'dot', label: 'operations counted', color: VALIDATION_HUE });
  if (dots.some(({ counted }) => !counted))
    entries.push({ kind: 'ring', label: 'not counted', color: VALIDATION_HUE });
  return entries;
}

function describe({ kernel, milliseconds, rate, bytes, counted }: Dot): string {
  const speed = counted ? `, ${rateText(rate * GIGA)} GFLOP/s` : '';
  return `${kernel}\n${formatFixed(milliseconds, 2)} ms${speed}, ${rateText((bytes / milliseconds) * 1e3)} GB/s`;
}

/** Powers of ten within a span; every other where they would crowd. */
function decades(low: number, high: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const step = last - first > 7 ? 2 : 1;
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  return powers.filter((power) => power % step === 0).map((power) => Number(`1e${power}`));
}

/** A rate in billions, to three digits at most. */
function rateText(perSecond: number): string {
  const billions = perSecond / GIGA;
  return billions >= 100 ? formatCount(Math.round(billions)) : String(Number(billions.toPrecision(2)));
}

function shortNumber(value: number): string {
  return value >= 1000 ? formatCount(value) : String(Number(value.toPrecision(2)));
}

function rooflineCsv(kernels: readonly RooflineKernel[]): string {
  const total = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return csvFormat(
    kernels.map(({ kernel, dispatches, milliseconds, flops, bytes }) => ({
      kernel,
      dispatches,
      milliseconds,
      share: milliseconds / total,
      flops,
      bytes,
      flopsPerSecond: flops === null ? null : (flops / milliseconds) * 1e3,
      bytesPerSecond: (bytes / milliseconds) * 1e3,
    })),
  );
}
