import { describe, expect, it } from 'vitest';
import { generateUntil, loglikelihood, loglikelihoodRolling } from '../../src/evaluation/requests.ts';
import { bigram, drain, toyModel, toyTokenizer } from './toy-model.ts';

const options = { batchSize: 2 };
const sumOf = (context: number, tokens: readonly number[]): number =>
  tokens.reduce(
    (total, token, index) => total + bigram(index === 0 ? context : tokens[index - 1]!)[token]!,
    0,
  );

describe('loglikelihood', () => {
  const requests = [
    { context: 'Is it spam?', continuation: ' yes' },
    { context: 'Is it spam?', continuation: ' no' },
    { context: 'A much longer context, is it spam?', continuation: ' maybe' },
    { context: 'x', continuation: ' yes' },
    { context: '', continuation: 'The end' },
  ];

  it('sums the log-probabilities of the continuation, in the order of the requests', async () => {
    const { returned } = await drain(loglikelihood(toyModel(64), requests, options));
    requests.forEach(({ context, continuation }, index) => {
      const last = toyTokenizer.encode(context).at(-1) ?? 0;
      expect(returned[index]!.value).toBeCloseTo(sumOf(last, toyTokenizer.encode(continuation)), 5);
    });
  });

  it('asks once for all answers of one token after the same context', async () => {
    const model = toyModel(64);
    await drain(loglikelihood(model, requests, options));
    expect(model.calls.next).toEqual([[11, 1]]);
    expect(model.calls.score.flat()).toHaveLength(2);
  });

  it('gives a shared answer the same value as a row of its own', async () => {
    const shared = await drain(loglikelihood(toyModel(64), requests.slice(0, 2), options));
    const model = toyModel(64);
    const { context, continuation } = requests[0]!;
    const tokens = [...toyTokenizer.encode(context), ...toyTokenizer.encode(continuation)];
    const [alone] = await model.scoreBatch([{ tokens, scored: 1 }]);
    expect(shared.returned[0]!.value).toBe(alone!.logProbabilities[0]);
    expect(shared.returned[0]!.greedy).toBe(alone!.greedy);
  });

  it('knows when greedy decoding would have written the continuation', async () => {
    const best = bigram(toyTokenizer.encode('x')[0]!);
    const greedy = best.indexOf(Math.max(...best));
    const { returned } = await drain(
      loglikelihood(
        toyModel(64),
        [{ context: 'x', continuation: toyTokenizer.decode([greedy]) }, requests[3]!],
        options,
      ),
    );
    expect(returned.map((each) => each.greedy)).toEqual([true, false]);
  });

  it('cuts a long context from the left, for shared answers too', async () => {
    const model = toyModel(4);
    const { returned } = await drain(loglikelihood(model, requests.slice(0, 2), options));
    expect(model.calls.next.flat()).toEqual([4]);
    expect(returned[0]!.value).toBeCloseTo(
      bigram(toyTokenizer.encode('?')[0]!)[toyTokenizer.encode(' yes')[0]!]!,
      5,
    );
  });

  it('runs the longest rows first and yields the share done', async () => {
    const model = toyModel(64);
    const texts = ['ccc', 'c', 'ccccc', 'cc', 'cccc'].map((context) => ({ context, continuation: 'dd' }));
    const { yielded } = await drain(loglikelihood(model, texts, options));
    expect(model.calls.score).toEqual([[7, 6], [5, 4], [3]]);
    expect(yielded).toEqual([0.4, 0.8, 1]);
  });

  it('ends between two batches when aborted', async () => {
    const model = toyModel(64);
    const controller = new AbortController();
    const texts = ['c', 'cc', 'ccc'].map((context) => ({ context, continuation: 'dd' }));
    const generator = loglikelihood(model, texts, { batchSize: 1, signal: controller.signal });
    await generator.next();
    controller.abort(new Error('stopped by hand'));
    await expect(generator.next()).rejects.toThrow('stopped by hand');
    expect(model.calls.score).toHaveLength(1);
  });

  it('refuses a model that answers another number of rows', async () => {
    const model = { ...toyModel(64), scoreBatch: () => Promise.resolve([]) };
    await expect(drain(loglikelihood(model, [requests[2]!], options))).rejects.toThrow(/got 0, expected 1/);
  });

  it('answers no requests at all', async () => {
    expect((await drain(loglikelihood(toyModel(64), [], options))).returned).toEqual([]);
  });
});

describe('loglikelihoodRolling', () => {
  it('scores every token of each text once, windows or not', async () => {
    const texts = ['The end of the story', '', 'x'];
    const { returned } = await drain(loglikelihoodRolling(toyModel(4), texts, options));
    texts.forEach((text, index) => {
      expect(returned[index]).toBeCloseTo(sumOf(0, toyTokenizer.encode(text)), 4);
    });
  });
});

describe('generateUntil', () => {
  it('cuts at the first stop string', async () => {
    const model = toyModel(64, () => ' republic; law\nThe');
    const ask = (until: string[]): Promise<{ returned: readonly string[] }> =>
      drain(generateUntil(model, [{ context: 'c', until }], { ...options, newTokens: 20 }));
    expect((await ask(['\n', ';'])).returned).toEqual([' republic']);
    expect((await ask([])).returned).toEqual([' republic; law\nThe']);
  });

  it('leaves room for the new tokens by cutting the prompt from the left', async () => {
    const prompts: string[] = [];
    const model = toyModel(8, (prompt) => (prompts.push(prompt), 'd'));
    await drain(generateUntil(model, [{ context: 'cccccccccq', until: [] }], { ...options, newTokens: 5 }));
    expect(prompts).toEqual(['ccq']);
  });

  it('generates after end-of-text when there is no context', async () => {
    const model = toyModel(8);
    const { returned } = await drain(
      generateUntil(model, [{ context: '', until: [] }], { ...options, newTokens: 2 }),
    );
    expect(model.calls.generate).toEqual([[1]]);
    expect(returned[0]!.length).toBeGreaterThan(0);
  });

  it('refuses a generation that fills the whole context', async () => {
    await expect(drain(generateUntil(toyModel(8), [], { ...options, newTokens: 8 }))).rejects.toThrow(
      /got 8, expected at most 7/,
    );
  });
});
