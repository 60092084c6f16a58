// @vitest-environment jsdom
/** Figures drawn in jsdom: what stands in the drawing, in its words and in its CSV. */
import { csvParse } from 'd3-dsv';
import { describe, expect, it } from 'vitest';
import {
  formatComparison,
  gainByTask,
  lossCurve,
  performanceByStep,
  shiftComparison,
  type Figure,
} from '../../src/figures/index.ts';
import { taskHues } from '../../src/figures/palette.ts';
import { lossReferences, lossSteps, row, STEPS, studyRows } from './rows.ts';

const rows = studyRows();
const hues = taskHues(['spam', 'factbook']);

const marks = (svg: SVGSVGElement, name: string): Element[] => [
  ...svg.querySelectorAll(`[aria-label="${name}"]`),
];
const texts = (svg: SVGSVGElement): string[] =>
  [...svg.querySelectorAll('text')].map((text) => text.textContent);
const strokes = (svg: SVGSVGElement): Element[] =>
  marks(svg, 'line').filter((mark) => mark.querySelector('path'));
/** An attribute of a mark, which Plot writes on the mark or on its group in a panel. */
const style = (mark: Element, name: string): string | null =>
  mark.getAttribute(name) ?? mark.querySelector(`[${name}]`)?.getAttribute(name) ?? null;
const legend = (svg: SVGSVGElement): string[] =>
  [...svg.querySelectorAll('.legend text')].map((text) => text.textContent);

const scoreFigures = { performanceByStep, shiftComparison, formatComparison, gainByTask };

describe('performanceByStep', () => {
  const figure = performanceByStep(rows, { document });
  const svg = figure.plot();

  it('draws base dashed and tuned solid in the hue of the task, one panel per task', () => {
    const lines = strokes(svg).map((mark) => [style(mark, 'stroke'), style(mark, 'stroke-dasharray')]);
    expect(lines).toEqual([
      [hues.get('factbook'), '4,3'],
      [hues.get('factbook'), null],
      [hues.get('spam'), '4,3'],
      [hues.get('spam'), null],
    ]);
    expect(texts(svg)).toEqual(expect.arrayContaining(['factbook · ROUGE-L', 'spam · accuracy', 'score']));
  });

  it('draws an interval and a dot for each checkpoint', () => {
    const bars = marks(svg, 'rule').filter((mark) => style(mark, 'stroke') !== 'currentColor');
    expect(bars.map((mark) => mark.querySelectorAll('line').length)).toEqual([6, 6, 6, 6]);
    expect(marks(svg, 'dot').map((mark) => mark.querySelectorAll('circle').length)).toEqual([6, 6, 6, 6]);
  });

  it('spans a bar from the lower to the upper end of its interval', () => {
    const bar = (ciLow: number, ciHigh: number): number => {
      const one = {
        ...row({ step: 8, task: 'spam', phase: 'base', shift: 'id', format: 'default', seed: 0 }),
        ciLow,
        ciHigh,
      };
      const drawn = performanceByStep([{ ...one, chance: 0 }], { document }).plot();
      const line = marks(drawn, 'rule').flatMap((mark) => [...mark.querySelectorAll('line')])[0]!;
      return Math.abs(Number(line.getAttribute('y2')) - Number(line.getAttribute('y1')));
    };
    // The scale's top is 1 in both cases.
    expect(bar(0.5, 1) / bar(0.75, 1)).toBeCloseTo(2, 5);
  });

  it('rules the chance level only where there is one', () => {
    const chance = marks(svg, 'rule').filter((mark) => style(mark, 'stroke') === 'currentColor');
    expect(chance.flatMap((mark) => [...mark.querySelectorAll('line')])).toHaveLength(1);
    expect(legend(svg)).toEqual(['base', 'tuned', '95 % interval', 'chance']);
    const factbook = performanceByStep(
      rows.filter(({ task }) => task === 'factbook'),
      { document },
    ).plot();
    expect(legend(factbook)).toEqual(['base', 'tuned', '95 % interval']);
    expect(texts(factbook)).toContain('ROUGE-L');
  });

  it('names the checkpoints on a log axis that has a place for step 0', () => {
    expect(texts(svg).filter((text) => /^[\d,]+$/.test(text))).toEqual(
      expect.arrayContaining(['0', '8', '32', '128', '512', '2,048']),
    );
    expect(texts(svg)).toContain('pre-training step (log scale)');
  });

  it('leaves out names that have no room, but never the last step', () => {
    const narrow = texts(performanceByStep(rows, { document, width: 320 }).plot());
    expect(narrow).toContain('2,048');
    expect(narrow).not.toContain('512');
  });

  it('says n, seeds, format and the kind of interval', () => {
    expect(figure.caption).toContain('n = 120 (factbook), 200 (spam) items, 1 seed');
    expect(figure.caption).toContain('prompt format default; 0-shot');
    expect(figure.caption).toContain('95 % percentile bootstrap intervals over items; thin rule: chance');
  });

  it('takes only the main metric, the format asked for, and weights tuned on the task itself', () => {
    const crossed = rows.map((each) => ({ ...each, shift: 'cross' as const, value: 0.9 }));
    const csv = csvParse(performanceByStep([...rows, ...crossed], { document, formats: ['io'] }).csv());
    expect(csv).toHaveLength(STEPS.length * 4);
    expect(new Set(csv.map((each) => each['format']))).toEqual(new Set(['io']));
    expect(new Set(csv.map((each) => each['metric']))).toEqual(new Set(['acc', 'rouge_l']));
  });

  it('shows the spread of several seeds as a band around their mean', () => {
    const many = performanceByStep(studyRows([0, 1, 2]), { document });
    expect(marks(many.plot(), 'area')).toHaveLength(4);
    expect(legend(many.plot())).toContain('range over seeds');
    expect(many.caption).toContain('3 seeds');
    const [first] = csvParse(many.csv());
    const values = studyRows([0, 1, 2])
      .filter((each) => each.task === 'factbook' && each.metric === 'rouge_l' && each.step === 0)
      .filter((each) => each.phase === 'base' && each.shift === 'id' && each.format === 'default')
      .map((each) => each.value);
    expect(Number(first!['value'])).toBeCloseTo((values[0]! + values[1]! + values[2]!) / 3, 12);
    expect(Number(first!['seedHigh'])).toBe(Math.max(...values));
  });

  it('draws a single checkpoint', () => {
    const svg = performanceByStep(
      rows.filter(({ step }) => step === 0),
      { document },
    ).plot();
    expect(svg.outerHTML).not.toContain('NaN');
    expect(marks(svg, 'dot')).toHaveLength(4);
  });
});

describe('shiftComparison', () => {
  it('draws shifted test sets lighter', () => {
    const svg = shiftComparison(rows, { document }).plot();
    expect(strokes(svg).map((mark) => style(mark, 'stroke-opacity') ?? '1')).toEqual([
      '1',
      '0.45',
      '1',
      '0.45',
      '1',
      '0.45',
      '1',
      '0.45',
    ]);
    expect(legend(svg).slice(0, 4)).toEqual([
      'base, in distribution',
      'tuned, in distribution',
      'base, shifted',
      'tuned, shifted',
    ]);
  });
});

describe('formatComparison', () => {
  it('gives every format a column and every task a row', () => {
    const svg = formatComparison(rows, { document }).plot();
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['default', 'instruct', 'io', 'factbookROUGE-L', 'spamaccuracy']),
    );
    expect(strokes(svg)).toHaveLength(2 * 2 * 3);
  });
});

describe('gainByTask', () => {
  const figure = gainByTask(rows, { document });
  const csv = csvParse(figure.csv());

  it('subtracts base from tuned at each step', () => {
    expect(csv).toHaveLength(2 * STEPS.length);
    for (const each of csv) {
      expect(Number(each['gain'])).toBeCloseTo(Number(each['tuned']) - Number(each['base']), 12);
    }
  });

  it('adds the two errors in quadrature and says so', () => {
    const factbook = csv.find((each) => each['task'] === 'factbook')!;
    expect(Number(factbook['stderr'])).toBeCloseTo(0.02 * Math.SQRT2, 12);
    expect(Number(factbook['ciHigh']) - Number(factbook['gain'])).toBeCloseTo(
      1.959964 * 0.02 * Math.SQRT2,
      9,
    );
    expect(figure.caption).toContain('95 % normal intervals, taking the two scores as independent');
  });

  it('leaves out steps that lack one of the two', () => {
    const some = rows.filter((each) => each.step !== 8 || each.phase === 'tuned');
    expect(csvParse(gainByTask(some, { document }).csv())).toHaveLength(2 * (STEPS.length - 1));
  });

  it('writes losses with a real minus sign', () => {
    const worse = rows.map((each) => ({ ...each, value: each.phase === 'tuned' ? 0.1 : 0.6 }));
    expect(texts(gainByTask(worse, { document }).plot()).some((text) => text.startsWith('\u22120.'))).toBe(
      true,
    );
  });
});

describe('lossCurve', () => {
  const figure = lossCurve(lossSteps, { document, references: lossReferences });
  const svg = figure.plot();

  it('thins the training loss but keeps its spike, and every validation point', () => {
    const [training, validation] = strokes(svg).map((mark) => mark.querySelector('path')!.getAttribute('d')!);
    expect(training!.split('L').length).toBeLessThanOrEqual(1002);
    expect(validation!.split('L')).toHaveLength(16);
    const heights = training!.match(/,([\d.]+)/g)!.map((y) => Number(y.slice(1)));
    const sorted = [...heights].sort((a, b) => a - b);
    const spike = heights.findIndex((y, index) => index > 200 && y < sorted[60]!);
    expect(spike).toBeGreaterThan(200);
  });

  it('names its reference levels, units and extent', () => {
    expect(texts(svg)).toEqual(
      expect.arrayContaining(['ln(vocabulary)', 'unigram entropy', 'loss (nats per token)', 'training step']),
    );
    expect(figure.caption).toContain('over 2,048 steps and 4,194,304 tokens');
    expect(figure.caption).toContain('unigram entropy: 5.93');
  });

  it('exports every step, not only those drawn', () => {
    const csv = csvParse(figure.csv());
    expect(csv).toHaveLength(2048);
    expect(csv.columns).toEqual(['step', 'tokens', 'loss', 'validationLoss']);
    expect(csv[0]!['validationLoss']).toBe('');
  });

  it('draws a gap where the loss was not finite', () => {
    const broken = lossSteps
      .slice(0, 9)
      .map((each) => ({ ...each, loss: each.step === 5 ? NaN : each.loss }));
    const svg = lossCurve(broken, { document }).plot();
    expect(strokes(svg)[0]!.querySelector('path')!.getAttribute('d')!.match(/M/g)).toHaveLength(2);
    expect(svg.outerHTML).not.toContain('NaN');
  });
});

describe.each(Object.entries(scoreFigures))('%s', (_name, make) => {
  it('is one labelled image with the legend inside', () => {
    const figure = make(rows, { document });
    const svg = figure.plot();
    expect(svg.tagName).toBe('svg');
    expect([svg.getAttribute('role'), svg.getAttribute('aria-label')]).toEqual(['img', figure.title]);
    expect(legend(svg).length).toBeGreaterThan(2);
    expect(svg.outerHTML).not.toContain('NaN');
  });

  it('gives a new drawing each time, and the same one', () => {
    const figure = make(rows, { document });
    expect(figure.plot()).not.toBe(figure.plot());
    expect(figure.plot().outerHTML).toBe(figure.plot().outerHTML);
  });

  it('does not depend on the order of the rows', () => {
    const shuffled = [...rows].reverse();
    expect(make(shuffled, { document }).csv()).toBe(make(rows, { document }).csv());
    expect(make(shuffled, { document }).plot().outerHTML).toBe(make(rows, { document }).plot().outerHTML);
  });

  it('says what is missing where there are no rows', () => {
    const figure: Figure = make([], { document });
    expect(texts(figure.plot()).join(' ')).toContain('No results yet');
    expect(figure.csv()).toBe('');
  });

  it('shows a name from a stranger as text', () => {
    const hostile = rows.map((each) => ({ ...each, task: '<img src=x onerror=alert(1)>' }));
    expect(make(hostile, { document }).plot().querySelector('img')).toBeNull();
  });
});

describe('taskHues', () => {
  it('gives each task one hue, whatever else is shown', () => {
    expect(taskHues(['spam']).get('spam')).toBe(hues.get('spam'));
    const many = taskHues(['spam', 'factbook', 'c', 'a', 'b']);
    expect(new Set(many.values()).size).toBe(5);
  });
});
