// @vitest-environment jsdom
/** The roofline drawn in jsdom: where the dots lie under the roof, in its words and in its CSV. */
import { csvParse } from 'd3-dsv';
import { describe, expect, it } from 'vitest';
import { roofline, type RooflineProfile } from '../../src/figures/index.ts';
import { VALIDATION_HUE } from '../../src/figures/palette.ts';

const profile: RooflineProfile = {
  adapter: 'An adapter',
  // At 0.1, 10 and (one operation for each four bytes) 0.25 FLOP per byte; at 0.4, 40 and 1 GFLOP/s.
  kernels: [
    { kernel: 'memory-bound', dispatches: 1, milliseconds: 1, flops: 0.4e6, bytes: 4e6 },
    { kernel: 'at-the-ridge', dispatches: 2, milliseconds: 2, flops: 80e6, bytes: 8e6 },
    { kernel: 'uncounted', dispatches: 3, milliseconds: 1, flops: null, bytes: 4e6 },
  ],
  ceilings: { arithmetic: 40e9, matmul: 20e9, bandwidth: 4e9 },
};
const figure = roofline(profile, { document });
const svg = figure.plot();
const texts = (drawing: SVGSVGElement): string[] =>
  [...drawing.querySelectorAll('text')].map((text) => text.textContent);
const circles = [...svg.querySelectorAll('[aria-label="dot"] circle')];
const at = (index: number): [number, number] => [
  Number(circles[index]!.getAttribute('cx')),
  Number(circles[index]!.getAttribute('cy')),
];

describe('roofline', () => {
  it('puts what reaches the adapter’s ceilings on the roof', () => {
    const path = svg.querySelector('[aria-label="line"] path')!.getAttribute('d')!;
    const corners = path.match(/[\d.]+,[\d.]+/g)!.map((pair) => pair.split(',').map(Number));
    expect(corners).toHaveLength(3);
    const [ridgeX, ridgeY] = at(0); // the longest is drawn first, under the others
    expect([ridgeX, ridgeY]).toEqual([
      expect.closeTo(corners[1]![0]!, 1),
      expect.closeTo(corners[1]![1]!, 1),
    ]);
    // On the slope that memory gives, log-log a straight line.
    const [x, y] = at(1);
    const [[lowX, lowY]] = corners as [[number, number]];
    expect((lowY - y) / (x - lowX)).toBeCloseTo((lowY - ridgeY) / (ridgeX - lowX), 2);
  });

  it('draws hollow what does not count its operations', () => {
    const hollow = circles.map((circle) => Number(circle.getAttribute('fill-opacity') ?? 1) === 0);
    expect(hollow).toEqual([false, false, true]);
    const samples = [...svg.querySelectorAll('.legend circle')].map((circle) => circle.getAttribute('fill'));
    expect(samples).toEqual([VALIDATION_HUE, 'none']);
  });

  it('names the ceilings, the heaviest kernels and the adapter', () => {
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['multiply-adds', 'best matmul', 'triad', 'at-the-ridge', 'memory-bound']),
    );
    expect(figure.caption).toContain('3 kernels of one step on An adapter');
    expect(figure.caption).toContain('multiply-adds 40 GFLOP/s, best matmul 20 GFLOP/s, triad 4 GB/s');
    expect(svg.outerHTML).not.toContain('NaN');
  });

  it('gives what was measured as CSV, rates and shares beside it', () => {
    const rows = csvParse(figure.csv());
    expect(rows.map(({ kernel, share }) => [kernel, share])).toEqual([
      ['memory-bound', '0.25'],
      ['at-the-ridge', '0.5'],
      ['uncounted', '0.25'],
    ]);
    expect(rows[1]).toMatchObject({ flopsPerSecond: '40000000000', bytesPerSecond: '4000000000' });
    expect(rows[2]!['flopsPerSecond']).toBe('');
  });

  it('leaves out a kernel that took no time or moved nothing, and says what is missing where none is left', () => {
    const kernels = profile.kernels.map((kernel, index) =>
      index === 0 ? { ...kernel, milliseconds: 0 } : { ...kernel, bytes: 0 },
    );
    for (const empty of [null, { ...profile, kernels }])
      expect(texts(roofline(empty, { document }).plot()).join(' ')).toContain('No profile yet');
  });
});
