import { describe, expect, it } from 'vitest';
import { notebookName, parseOptions } from '../../scripts/study/options.ts';
import { clock } from '../../scripts/study/progress.ts';
import { summarise } from '../../scripts/study/summary.ts';
import type { EvaluationRow } from '../../src/evaluation/row.ts';
import type { RunRecord } from '../../src/experiments/run.ts';

describe('the command line of a study', () => {
  it('takes settings and files as name=value, also with = in the value', () => {
    const options = parseOptions([
      'n.html',
      '--out',
      'o',
      '--set',
      'seed=1',
      '--set',
      'a=b=c',
      '--file',
      'x.txt=/p/x',
      '--hub',
      'http://127.0.0.1:8080/',
    ]);
    expect(options).toEqual({
      notebook: 'n.html',
      out: 'o',
      profile: 'quick',
      set: { seed: '1', a: 'b=c' },
      files: { 'x.txt': '/p/x' },
      hubs: ['http://127.0.0.1:8080'],
      store: null,
    });
  });

  it.each([
    [[], /give one notebook, got 0/],
    [['a.html', 'b.html', '--out', 'o'], /give one notebook, got 2/],
    [['a.html'], /--out is missing/],
    [['a.html', '--out', 'o', '--profile', 'huge'], /--profile is not known, got huge/],
    [['a.html', '--out', 'o', '--set', 'seed'], /--set is not of the form name=value, got seed/],
    [['a.html', '--out', 'o', '--hub', 'huggingface.co'], /--hub is not an address, got huggingface\.co/],
    [['a.html', '--out', 'o', '--sett', 'seed=1'], /--sett/],
  ])('refuses %j with what is wrong', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });

  it('names a notebook by its file', () => {
    expect(notebookName('some/where/amuro-and-char.html')).toBe('amuro-and-char');
  });
});

describe('what a study prints', () => {
  it('writes times as minutes and seconds', () => {
    expect([0, 59.6, 61, 3600].map(clock)).toEqual(['0:00', '1:00', '1:01', '60:00']);
  });

  it('sets losses beside their yardsticks and scores before beside after, at the last checkpoint', () => {
    const run = {
      id: 'p1',
      spec: { kind: 'pretrain' },
      facts: { 'ln(vocabulary)': 6.238, 'unigram entropy': 5.3, parameters: 1000 },
    } as unknown as RunRecord;
    const step = { run: 'p1', gradNorm: 1, learningRate: 1, tokens: 1 };
    const row = (phase: 'base' | 'tuned', at: number, value: number): EvaluationRow => ({
      run: phase,
      checkpoint: `${phase}@1`,
      step: at,
      tokens: 0,
      phase,
      method: phase === 'base' ? 'none' : 'full',
      trainTask: phase === 'base' ? null : 'spam',
      task: 'spam',
      split: 'test id',
      shift: 'id',
      format: 'default',
      shots: 0,
      seed: 0,
      metric: 'acc',
      value,
      stderr: 0.1,
      ciLow: value - 0.1,
      ciHigh: value + 0.1,
      n: 48,
      chance: 0.5,
    });
    const rows = [row('base', 0, 0.4), row('tuned', 0, 0.45), row('base', 9, 0.5), row('tuned', 9, 0.8)];
    expect(
      summarise(
        [run],
        [
          { ...step, step: 1, loss: 6.24 },
          { ...step, step: 9, loss: 3.8 },
        ],
        rows,
      ),
    ).toEqual([
      'pre-training p1: loss 6.240 (ln of the vocabulary 6.238) to 3.800 (unigram entropy 5.300) nats per token, 1000 parameters',
      'spam (acc) at step 9: 0.500 [0.400, 0.600] before, 0.800 [0.700, 0.900] after fine-tuning',
    ]);
  });
});
