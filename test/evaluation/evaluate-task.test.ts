import { describe, expect, it } from 'vitest';
import {
  evaluateTask,
  type EvaluateOptions,
  type EvaluationProgress,
  type TaskEvaluation,
} from '../../src/evaluation/evaluate-task.ts';
import type { LanguageModel } from '../../src/evaluation/language-model.ts';
import { evaluationRowSchema } from '../../src/evaluation/row.ts';
import type { Task } from '../../src/tasks/task.ts';
import { tasks } from '../../src/tasks/index.ts';
import { documentsOf } from '../tasks/documents.ts';
import { drain, toyModel, toyTokenizer } from './toy-model.ts';
import { toyChoice, toyDocuments, toyGeneration } from './toy-task.ts';

const subject = {
  run: 'r',
  checkpoint: 'r@8',
  step: 8,
  tokens: 1024,
  phase: 'base',
  method: 'none',
  trainTask: null,
} as const;
const options: EvaluateOptions = {
  subject,
  shift: 'id',
  format: 'default',
  shots: 0,
  items: 6,
  seed: 1,
  batchSize: 2,
  bootstrapResamples: 100,
};
const evaluate = (
  model: LanguageModel,
  task: Task,
  changes: Partial<EvaluateOptions> = {},
): Promise<{ yielded: EvaluationProgress[]; returned: TaskEvaluation }> =>
  drain(evaluateTask(model, task, toyDocuments, { ...options, ...changes }));

/** Says yes when the question holds `ab`: the right answer, whatever stands before the question. */
function knowing(contextLength: number): ReturnType<typeof toyModel> {
  const model = toyModel(contextLength);
  const yes = toyTokenizer.encode(' yes')[0]!;
  return {
    ...model,
    nextTokenBatch: (rows) =>
      Promise.resolve(
        rows.map(({ context, candidates }) => {
          const question = toyTokenizer.decode(context).split('Text: ').at(-1)!;
          const likely = (token: number): boolean => (token === yes) === question.includes('ab');
          return {
            logProbabilities: Float32Array.from(candidates, (token) => (likely(token) ? -0.1 : -3)),
            best: yes,
          };
        }),
      ),
  };
}

describe('evaluateTask', () => {
  it('scores choices item by item and sums up in rows', async () => {
    const { returned } = await evaluate(knowing(200), toyChoice);
    expect(returned.items.map(({ id, prediction }) => [id, prediction])).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => [`id/${index}`, index % 2 === 0 ? 'yes' : 'no']),
    );
    expect(returned.rows.map(({ metric, value, n, chance }) => [metric, value, n, chance])).toEqual([
      ['acc', 1, 6, 0.5],
      ['acc_norm', 1, 6, 0.5],
    ]);
  });

  it('scores generated text by ROUGE-L and exact match', async () => {
    const model = toyModel(200, (prompt) => (prompt.includes('ab') ? ' yes\nno more' : ' yes no'));
    const { returned } = await evaluate(model, toyGeneration);
    expect(returned.items.map((each) => each.prediction)).toEqual([
      'yes',
      'yes no',
      'yes',
      'yes no',
      'yes',
      'yes no',
    ]);
    expect(returned.rows.map(({ metric, value, chance }) => [metric, value, chance])).toEqual([
      ['rouge_l', (3 + 3 * (2 / 3)) / 6, 0],
      ['exact_match', 0.5, 0],
    ]);
  });

  it('gives rows of the contract, with every column of its subject and options', async () => {
    const { returned } = await evaluate(knowing(200), toyChoice, { shift: 'ood', format: 'io' });
    for (const row of returned.rows) expect(evaluationRowSchema.strict().parse(row)).toEqual(row);
    expect(returned.rows[0]).toMatchObject({
      ...subject,
      task: 'toy-choice',
      shift: 'ood',
      split: 'test ood',
      format: 'io',
      seed: 1,
    });
  });

  it('calls a task other than the one trained on a crossed one', async () => {
    const tuned = { ...subject, phase: 'tuned', method: 'full', trainTask: 'toy-generation' } as const;
    const crossed = await evaluate(knowing(200), toyChoice, { subject: tuned });
    expect(crossed.returned.rows[0]!.shift).toBe('cross');
    const own = await evaluate(knowing(200), toyChoice, { subject: { ...tuned, trainTask: 'toy-choice' } });
    expect(own.returned.rows[0]!.shift).toBe('id');
  });

  it('puts training items, never test items, before the question', async () => {
    const seen: string[] = [];
    const model = toyModel(400, (prompt) => (seen.push(prompt), ' yes'));
    await evaluate(model, toyGeneration, { shots: 2 });
    for (const prompt of seen) {
      expect(prompt.match(/Text: train/g)).toHaveLength(2);
      expect(prompt.match(/Text: id/g)).toHaveLength(1);
    }
  });

  it('tells its progress in items, from 0 to all', async () => {
    const { yielded } = await evaluate(
      toyModel(200, () => 'x'),
      toyGeneration,
    );
    expect(yielded).toEqual([0, 2, 4, 6].map((done) => ({ done, total: 6 })));
  });

  it('gives the same answer twice, whatever the batch size', async () => {
    const first = await evaluate(toyModel(60), toyChoice, { batchSize: 1 });
    const second = await evaluate(toyModel(60), toyChoice, { batchSize: 5 });
    expect(second.returned).toEqual(first.returned);
  });

  it('ends when aborted', async () => {
    const signal = AbortSignal.abort(new Error('stopped by hand'));
    await expect(evaluate(toyModel(200), toyChoice, { signal })).rejects.toThrow('stopped by hand');
  });

  it('refuses a single item: it has no interval', async () => {
    await expect(evaluate(toyModel(200), toyChoice, { items: 1 })).rejects.toThrow(/expected at least 2/);
  });
});

describe.each(Object.values(tasks))('the task $name under evaluation', (task) => {
  it.each(task.formats)('is answered by a model in format %s, with and without shots', async (format) => {
    for (const shots of [0, 2]) {
      const generator = evaluateTask(toyModel(400), task, documentsOf[task.name]!, {
        ...options,
        format,
        shots,
      });
      const { returned } = await drain(generator);
      expect(returned.items).toHaveLength(6);
      expect(returned.rows[0]!.metric).toBe(task.metric);
    }
  });
});
