/** The columns of loss charts and of data tables. */
import { describe, expect, it } from 'vitest';
import { lossColumns, mergeSteps, referencesOf } from '../../src/ui/loss-columns.ts';
import { columnsOf, showCell, sortRows, tableCsv } from '../../src/ui/table-rows.ts';
import { finetuneInput, pretrainInput, view } from './run-fixtures.ts';

const step = (at: number, loss: number, validationLoss?: number) => ({
  run: 'p',
  step: at,
  loss,
  gradNorm: 1,
  learningRate: 1,
  tokens: at,
  ...(validationLoss !== undefined && { validationLoss }),
});

describe('lossColumns', () => {
  it('aligns training, validation and references on one axis of steps', () => {
    const steps = [step(1, 6), step(2, 5, 5.5), step(3, NaN)];
    expect(lossColumns(steps, [{ label: 'ln', value: 6.2 }], 10)).toEqual([
      [1, 2, 3],
      [6, 5, null],
      [null, 5.5, null],
      [6.2, 6.2, 6.2],
    ]);
  });
  it('keeps every validation point of a long run while thinning the training loss', () => {
    const steps = Array.from({ length: 5000 }, (_, at) => step(at + 1, 5, at % 97 === 0 ? 4 : undefined));
    const [xs, , validation] = lossColumns(steps, [], 50);
    expect(xs!.length).toBeLessThan(200);
    expect(validation!.filter((value) => value !== null)).toHaveLength(Math.ceil(5000 / 97));
  });
  it('is empty columns before the first step', () => {
    expect(lossColumns([], [{ label: 'ln', value: 1 }], 5)).toEqual([[], [], [], []]);
  });
});

it('mergeSteps appends in order and prefers what was measured last', () => {
  const merged = mergeSteps([step(1, 6), step(2, 5), step(3, 4)], [step(2, 5.5), step(3, 4.5), step(4, 4)]);
  expect(merged.map(({ loss }) => loss)).toEqual([6, 5.5, 4.5, 4]);
});

it('references are ln(vocabulary) and the unigram entropy of a pre-training run, none of a fine-tune', () => {
  const { spec } = view('p', pretrainInput).record;
  expect(referencesOf(spec, { 'unigram entropy': 5.2 }).map(({ value }) => value)).toEqual([
    Math.log(509),
    5.2,
  ]);
  expect(referencesOf(view('f', finetuneInput('p', 1)).record.spec, {})).toEqual([]);
});

describe('tables', () => {
  const rows = [
    { task: 'b10', value: 2 },
    { task: 'b9', value: NaN },
    { task: 'a', value: -1 },
    { task: 'c', value: null },
  ];
  it('sort numbers by size and text as people count, with nothing and NaN last either way', () => {
    const order = (key: string, descending: boolean) =>
      sortRows(rows, { key, descending }).map(({ task }) => task);
    expect(order('value', false)).toEqual(['a', 'b10', 'b9', 'c']);
    expect(order('value', true)).toEqual(['b10', 'a', 'b9', 'c']);
    expect(order('task', false)).toEqual(['a', 'b9', 'b10', 'c']);
    expect(sortRows(rows, null)).toBe(rows);
  });
  it('give CSV that quotes what must be quoted and rounds nothing', () => {
    const data = [
      { name: 'a "b", c', value: 0.123456789012 },
      { value: -2, extra: 'x\ny' },
    ];
    expect(tableCsv(columnsOf(data), data)).toBe(
      'name,value,extra\n"a ""b"", c",0.123456789012,\n,-2,"x\ny"\n',
    );
  });
  it('show numbers to four digits unless a column says otherwise', () => {
    expect(showCell(-0.123456, { key: 'v' }, {})).toBe('\u22120.1235');
    expect(showCell(0.5, { key: 'v', format: (value) => `${Number(value) * 100} %` }, {})).toBe('50 %');
    expect(showCell(null, { key: 'v' }, {})).toBe('–');
  });
});
