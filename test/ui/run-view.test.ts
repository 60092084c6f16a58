/** What is said of a run, and what may be asked of it. */
import { describe, expect, it } from 'vitest';
import { actionsFor, progressText, runTitle, standing } from '../../src/ui/run-view.ts';
import { evaluateInput, finetuneInput, pretrainInput, view } from './run-fixtures.ts';

const space = '\u202f';

it('titles tell runs apart', () => {
  const titles = [pretrainInput, finetuneInput('p', 1024), evaluateInput('p', 0)].map((input) =>
    runTitle(view('x', input).record.spec),
  );
  expect(titles).toEqual([
    'Pre-train GPT-NeoX 3 × 48, 37 steps',
    'Fine-tune on spam from step 1,024',
    'Evaluate spam at step 0',
  ]);
});

it('titles of evaluations say the step of pre-training, and whether it was tuned', () => {
  const spec = (input: Parameters<typeof view>[1]) => view('x', input).record.spec;
  const tuned = runTitle(spec(evaluateInput('f', 7, 'factbook')), spec(finetuneInput('p', 1024)));
  expect(tuned).toBe('Evaluate factbook at step 1,024, tuned on spam');
  expect(runTitle(spec(evaluateInput('p', 1024)), spec(pretrainInput))).toBe(
    'Evaluate spam at step 1,024, base',
  );
});

describe('progressText', () => {
  it('says steps, time left, speed and activity while running', () => {
    const running = {
      status: 'running',
      done: 12,
      secondsLeft: 65,
      tokensPerSecond: 12340.4,
      activity: 'training',
    } as const;
    expect(progressText(view('x', pretrainInput, {}, running))).toBe(
      `12 of 37 steps · 1${space}min 5${space}s left · 12,340 tokens/s · training`,
    );
  });
  it('leaves out what is not known yet', () => {
    expect(
      progressText(view('x', evaluateInput('p', 1), {}, { status: 'running', done: 0, activity: '' })),
    ).toBe('0 of 37 items');
  });
  it('says the work that was done once it is over', () => {
    expect(progressText(view('x', pretrainInput))).toBe(`37 of 37 steps · 12${space}s of work`);
  });
});

describe('actionsFor', () => {
  it('offers Step only to a paused training run', () => {
    expect(actionsFor(view('x', pretrainInput, {}, { status: 'paused' }))).toContain('step');
    expect(actionsFor(view('x', evaluateInput('p', 1), {}, { status: 'paused' }))).not.toContain('step');
    expect(actionsFor(view('x', pretrainInput, {}, { status: 'running' }))).toEqual(['pause', 'stop']);
  });
  it('offers Resume to what stopped or failed, and nothing but Remove to what is finished', () => {
    expect(actionsFor(view('x', pretrainInput, { status: 'failed' }))).toEqual(['resume', 'remove']);
    expect(actionsFor(view('x', pretrainInput))).toEqual(['remove']);
  });
});

it('believes the latest report before the record', () => {
  const shown = standing(
    view(
      'x',
      pretrainInput,
      { status: 'running', done: 1, error: null },
      { status: 'failed', done: 5, error: 'lost' },
    ),
  );
  expect(shown).toEqual({ status: 'failed', done: 5, total: 37, error: 'lost' });
});
