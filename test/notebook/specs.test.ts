/** From what a person writes to a run: complete specs, errors that point at the field, handles known at once. */
import { describe, expect, it } from 'vitest';
import { finetuneSchema, pretrainSchema } from '../../src/experiments/spec.ts';
import { logSpaced } from '../../src/notebook/api/log-spaced.ts';
import { sweep } from '../../src/notebook/api/sweep.ts';
import type { CellContext } from '../../src/notebook/builtins.ts';
import { parseSpec, SpecError } from '../../src/notebook/parse-spec.ts';
import { RunHandle } from '../../src/notebook/run-handle.ts';
import { specFields } from '../../src/notebook/spec-fields.ts';

const written = {
  kind: 'pretrain',
  model: { family: 'gpt_neox', layers: 1, width: 8, heads: 2 },
  data: { corpora: [{ name: 'a' }], tokenizer: { vocabularySize: 300, corpora: [{ name: 'a' }] } },
  optimizer: { learningRate: 1e-3 },
  batchSize: 2,
  contextLength: 8,
  steps: 10,
  checkpoints: [8, 0, 8, 10, 99],
};
const pretrain = (changes: object) => () => parseSpec('pretrain', pretrainSchema, { ...written, ...changes });
const context = {} as CellContext; // neither of the two uses it

describe('parseSpec', () => {
  it('fills in defaults', () => {
    expect(pretrain({})().optimizer.betas).toEqual([0.9, 0.95]);
  });

  it.each([
    [{ stesp: 5 }, 'pretrain: unknown field `stesp`; did you mean `steps`?'],
    [
      { model: { ...written.model, hedas: 2 } },
      'pretrain: unknown field `model.hedas`; did you mean `heads`?',
    ],
    [{ steps: 0 }, 'pretrain: `steps` is wrong, got 0, expected more than 0'],
    [{ steps: 1.5 }, 'pretrain: `steps` is wrong, got 1.5, expected a whole number'],
    [{ steps: '10' }, 'pretrain: `steps` is wrong, got "10", expected a number'],
    [{ steps: undefined }, 'pretrain: `steps` is missing, expected a number'],
    [{ steps: NaN }, 'pretrain: `steps` is wrong, got NaN, expected a number'],
    [{ checkpoints: [] }, 'pretrain: `checkpoints` is wrong, got [], expected at least 1 entries'],
    [{ checkpoints: [1, -2] }, 'pretrain: `checkpoints[1]` is wrong, got -2, expected at least 0'],
    [
      { optimizer: { learningRate: 1e-3, schedule: 'cos' } },
      '`optimizer.schedule` is wrong, got "cos", expected "constant" or "linear" or "cosine"',
    ],
    [
      { steps: 0, batchSize: () => 1 },
      '2 fields are wrong\n• `batchSize` is wrong, got a function, expected a number\n• `steps` is wrong',
    ],
  ])('points at what is wrong in %j', (changes, message) => {
    expect(pretrain(changes)).toThrow(SpecError);
    expect(pretrain(changes)).toThrow(message);
  });

  it.each([undefined, null, 5, 'text', []])('refuses %j in place of a spec', (value) => {
    expect(() => parseSpec('pretrain', pretrainSchema, value)).toThrow(SpecError);
  });
});

describe('RunHandle', () => {
  it('knows its kept checkpoints before it runs: rising, once each, none after the end', () => {
    const handle = new RunHandle(pretrain({})());
    expect(handle.checkpoints.map(({ step }) => step)).toEqual([0, 8, 10]);
    expect(handle.last).toEqual({ run: handle.id, step: 10 });
    expect(handle.at(8).step).toBe(8);
    expect(() => handle.at(7)).toThrow('no checkpoint is kept at step 7, expected one of 0, 8, 10');
  });

  it('counts the steps of a fine-tuning run', () => {
    const spec = {
      kind: 'finetune',
      from: { run: 'a', step: 1 },
      task: 't',
      items: 10,
      epochs: 3,
      batchSize: 4,
      contextLength: 8,
      optimizer: { learningRate: 1e-4 },
    };
    expect(new RunHandle(finetuneSchema.parse(spec)).last.step).toBe(8);
  });
});

describe('specFields', () => {
  it('names the fields at a place, with kinds and defaults', () => {
    expect(specFields('pretrain', ['optimizer']).find(({ name }) => name === 'weightDecay')?.detail).toBe(
      'number = 0.1',
    );
    expect(specFields('pretrain', ['data', 'corpora']).map(({ name }) => name)).toEqual([
      'name',
      'where',
      'maxBytes',
    ]);
    expect(specFields('pretrain', []).map(({ name }) => name)).not.toContain('kind');
    expect(specFields('other', [])).toEqual([]);
  });
});

describe('logSpaced and sweep', () => {
  it.each([
    [0, [0]],
    [1, [0, 1]],
    [8, [0, 1, 2, 4, 8]],
    [100, [0, 1, 2, 4, 8, 16, 32, 64, 100]],
  ])('logSpaced(%i)', (steps, spaced) => {
    expect(logSpaced.bind(context)(steps)).toEqual(spaced);
  });

  it.each([-1, 1.5, NaN, '8' as never])('logSpaced refuses %s', (steps) => {
    expect(() => logSpaced.bind(context)(steps)).toThrow(RangeError);
  });

  it('sweep calls once per combination, the last name fastest', () => {
    expect(sweep.bind(context)({ a: [1, 2], b: ['x', 'y'] }, ({ a, b }) => `${a}${b}`)).toEqual([
      '1x',
      '1y',
      '2x',
      '2y',
    ]);
    expect(() => sweep.bind(context)({ a: 3 as never }, () => 0)).toThrow('`a` is not a list, got number');
  });
});
