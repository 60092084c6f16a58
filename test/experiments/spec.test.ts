import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { checkSpec } from '../../src/experiments/spec-check.ts';
import { runSpecSchema, type RunSpec } from '../../src/experiments/spec.ts';
import { evaluate, finetune, pretrain } from './fixtures.ts';

const parent = { run: '0123456789abcdef', step: 3 };

function complaint(spec: unknown): string {
  const { error } = runSpecSchema.safeParse(spec);
  return error ? z.prettifyError(error) : 'none';
}

describe('the schema of specs', () => {
  it.each([
    ['a misspelt field', { ...pretrain(), step: 5 }, /Unrecognized key: "step"/],
    ['a vocabulary below the bytes', withVocabulary(256), />=257\n.*data\.tokenizer\.vocabularySize/],
    ['no checkpoint', { ...pretrain(), checkpoints: [] }, /checkpoints/],
    ['half a step', { ...pretrain(), steps: 1.5 }, /expected int[^]*steps/],
    ['a batch of none', { ...pretrain(), batchSize: 0 }, /batchSize/],
    ['an unknown kind', { ...pretrain(), kind: 'pretain' }, /kind/],
    ['an unknown family', { ...pretrain(), model: { family: 'gpt_9' } }, /model\.family/],
    ['a learning rate of 0', withLearningRate(0), /optimizer\.learningRate/],
    ['a learning rate that is no number', withLearningRate(NaN), /optimizer\.learningRate/],
    ['an unknown method', { ...finetune(parent), method: 'magic' }, /method/],
    ['an unknown shift', { ...evaluate(parent), shifts: ['far'] }, /shifts\[0\]/],
  ])('refuses %s and names the field', (_, spec, message) => {
    expect(complaint(spec)).toMatch(message);
  });

  it('leaves a complete spec as it is', () => {
    for (const spec of [pretrain(), finetune(parent), evaluate(parent)])
      expect(runSpecSchema.parse(spec)).toEqual(spec);
  });
});

describe('the check of specs', () => {
  it.each<[string, RunSpec, RegExp]>([
    ['a width that heads do not share', withModel({ width: 18, heads: 4 }), /width must be a multiple of/],
    ['checkpoints after the end', pretrain({ checkpoints: [0, 7, 9] }), /got 7, 9, expected at most 6/],
    ['a context beyond any tab', pretrain({ contextLength: 1e9 }), /contextLength is too large/],
    ['a batch cut unevenly', pretrain({ batchSize: 4, accumulation: 3 }), /got 3 for batchSize 4/],
    ['validation on nothing', withoutHeldOut(), /validationFraction 0/],
    ['an unknown task', finetune(parent, { task: 'chess' }), /got "chess", expected one of factbook, spam/],
    ['a task named like a method', evaluate(parent, { task: 'toString' }), /unknown task/],
    ['an unknown format', finetune(parent, { format: 'odd' }), /spam has no prompt format odd, expected one/],
    ['unknown formats', evaluate(parent, { formats: ['io', 'x', 'y'] }), /no prompt format x, y/],
  ])('refuses %s', (_, spec, message) => {
    expect(() => checkSpec(spec)).toThrow(message);
  });

  it('passes what can be run', () => {
    for (const spec of [pretrain(), finetune(parent), evaluate(parent)])
      expect(() => checkSpec(spec)).not.toThrow();
  });
});

function withVocabulary(vocabularySize: number): unknown {
  const { data, ...rest } = pretrain();
  return { ...rest, data: { ...data, tokenizer: { ...data.tokenizer, vocabularySize } } };
}

function withLearningRate(learningRate: number): unknown {
  return { ...pretrain(), optimizer: { ...pretrain().optimizer, learningRate } };
}

function withModel(change: Record<string, unknown>): RunSpec {
  return pretrain({ model: { ...pretrain().model, ...change } });
}

function withoutHeldOut(): RunSpec {
  const { data } = pretrain();
  return pretrain({ data: { ...data, validationFraction: 0 }, validation: { every: 2, batches: 1 } });
}
