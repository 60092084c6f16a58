import { describe, expect, it } from 'vitest';
import { formatCount, formatFixed, supportedDecimals } from '../../src/figures/numbers.ts';
import { resultsTable } from '../../src/figures/results-table.ts';
import { row, studyRows } from './rows.ts';

const one = row({ step: 2048, task: 'spam', phase: 'tuned', shift: 'id', format: 'default', seed: 0 });

describe('resultsTable', () => {
  it('rounds to what the interval supports', () => {
    const [wide] = resultsTable([{ ...one, value: 0.61234, ciLow: 0.5512, ciHigh: 0.6741 }]).rows;
    expect([wide!.value, wide!.interval]).toEqual(['0.61', '0.55 to 0.67']);
    const [narrow] = resultsTable([{ ...one, value: 0.61234, ciLow: 0.6112, ciHigh: 0.6135 }]).rows;
    expect([narrow!.value, narrow!.interval]).toEqual(['0.6123', '0.6112 to 0.6135']);
  });

  it('writes a real minus sign', () => {
    const [line] = resultsTable([{ ...one, value: -0.5, ciLow: -0.56, ciHigh: -0.44 }]).rows;
    expect([line!.value, line!.interval]).toEqual(['\u22120.50', '\u22120.56 to \u22120.44']);
  });

  it('has a cell for every column of every row, base before tuned at each step', () => {
    const table = resultsTable(studyRows());
    expect(table.rows).toHaveLength(6 * 2 * 2 * 2 * 3 * 2);
    for (const line of table.rows) for (const { key } of table.columns) expect(line[key]).toMatch(/\S/);
    expect(table.rows.slice(0, 3).map(({ step, phase }) => [step, phase])).toEqual([
      ['0', 'base'],
      ['0', 'tuned (full)'],
      ['8', 'base'],
    ]);
  });

  it('takes seeds together and counts them', () => {
    const [line] = resultsTable([
      { ...one, value: 0.6, seed: 0 },
      { ...one, value: 0.7, seed: 1, run: 'other' },
    ]).rows;
    expect([line!.value, line!.seeds]).toEqual(['0.65', '2']);
  });

  it('is empty for no rows', () => {
    expect(resultsTable([]).rows).toEqual([]);
  });
});

describe('numbers', () => {
  it('never writes a minus sign before zero', () => {
    expect(formatFixed(-0.0004, 2)).toBe('0.00');
    expect(formatCount(-1234)).toBe('\u22121,234');
  });

  it.each([
    [0.06, 2],
    [0.11, 2],
    [0.015, 3],
    [0.5, 1],
    [30, 0],
  ])('supports decimals by a half-width of %d: %i', (halfWidth, decimals) => {
    expect(supportedDecimals(halfWidth, 100)).toBe(decimals);
  });

  it('takes the step of a score where the interval has no width', () => {
    expect(supportedDecimals(0, 200)).toBe(3);
  });
});
