// @vitest-environment jsdom
/** Exported SVG text: standalone, complete, harmless. */
import { describe, expect, it } from 'vitest';
import { performanceByStep, toSvg } from '../../src/figures/index.ts';
import { studyRows } from './rows.ts';

const figure = performanceByStep(studyRows(), { document });
const parse = (text: string): Document => new DOMParser().parseFromString(text, 'image/svg+xml');

describe('toSvg', () => {
  const text = toSvg(figure.plot(), { title: figure.title, description: 'n < 3 & more' });
  const svg = parse(text).documentElement;

  it('is a well-formed SVG document of its own', () => {
    expect(svg.namespaceURI).toBe('http://www.w3.org/2000/svg');
    expect(text.match(/ xmlns="/g)).toHaveLength(1);
    expect([svg.getAttribute('width'), svg.getAttribute('viewBox')?.split(' ')[2]]).toEqual(['720', '720']);
  });

  it('depends on no style sheet, variable or inherited colour', () => {
    expect(text).not.toMatch(/<style|var\(|currentcolor|Canvas/i);
    expect(svg.getAttribute('style')).toContain('font-family');
  });

  it('keeps the legend, and says what it is', () => {
    expect(svg.querySelector('.legend')!.textContent).toContain('tuned');
    expect(svg.firstElementChild!.textContent).toBe(figure.title);
    expect(svg.querySelector('desc')!.textContent).toBe('n < 3 & more');
  });

  it('draws a background behind everything when asked', () => {
    const white = parse(toSvg(figure.plot(), { background: '#fff' })).documentElement;
    expect(white.firstElementChild!.getAttribute('fill')).toBe('#fff');
    expect(svg.querySelector('rect[fill="#fff"]')).toBeNull();
  });

  it('leaves the drawing as it was, and its ink to the page when asked', () => {
    const drawing = figure.plot();
    const before = drawing.outerHTML;
    expect(toSvg(drawing, { ink: 'currentColor' })).toContain('currentColor');
    expect(drawing.outerHTML).toBe(before);
  });
});
