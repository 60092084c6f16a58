/** The config diff between two runs. */
import { expect, it } from 'vitest';
import { flatten, specDifferences } from '../../src/ui/spec-diff.ts';

const left = {
  kind: 'pretrain',
  model: { layers: 2, width: 64 },
  checkpoints: [0, 1, 2],
  data: { where: {} },
  clip: null,
};

it('is empty between equal specs, however their keys are ordered', () => {
  const right = {
    clip: null,
    data: { where: {} },
    checkpoints: [0, 1, 2],
    model: { width: 64, layers: 2 },
    kind: 'pretrain',
  };
  expect(specDifferences(left, right)).toEqual([]);
});

it('names changed, missing and added fields by their path', () => {
  const right = { ...left, model: { layers: 3, width: 64, heads: 4 }, checkpoints: [0, 2] };
  expect(specDifferences(left, right)).toEqual([
    { path: 'model.layers', left: '2', right: '3' },
    { path: 'checkpoints', left: '0, 1, 2', right: '0, 2' },
    { path: 'model.heads', left: undefined, right: '4' },
  ]);
});

it('tells null from zero, from an empty object and from a missing field', () => {
  const values = [{ a: null }, { a: 0 }, { a: {} }, {}, { a: [] }];
  for (const [index, one] of values.entries())
    for (const [other, two] of values.entries())
      expect(specDifferences(one, two).length > 0).toBe(index !== other);
});

it('goes into arrays of objects', () => {
  expect([...flatten({ corpora: [{ name: 'a' }, { name: 'b' }] })]).toEqual([
    ['corpora.0.name', 'a'],
    ['corpora.1.name', 'b'],
  ]);
});
