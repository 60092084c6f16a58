/**
 * Evaluate one model on one test set of one task in one prompt format: items → requests → scores → rows. The same
 * model, documents and options give the same rows, bit for bit.
 */
import { completion, type Shift, type Task, type TaskDocument, type TaskItem } from '../tasks/task.ts';
import { estimateMean } from './bootstrap.ts';
import type { LanguageModel } from './language-model.ts';
import { likeliestChoice, scoreChoice, scoreGenerated, type MetricName } from './metrics.ts';
import { answerRoom, buildPrompt } from './prompt.ts';
import { generateUntil, loglikelihood } from './requests.ts';
import type { EvaluationRow } from './row.ts';

/** Which weights are evaluated: the columns of a row that say so. */
export type EvaluationSubject = Pick<
  EvaluationRow,
  'run' | 'checkpoint' | 'step' | 'tokens' | 'phase' | 'method' | 'trainTask'
>;

export interface EvaluateOptions {
  readonly subject: EvaluationSubject;
  readonly shift: Shift;
  readonly format: string;
  /** Solved training items before each question. */
  readonly shots: number;
  /** Test items, at least 2. */
  readonly items: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly bootstrapResamples: number;
  /** Ends the evaluation between two batches, by throwing its reason. */
  readonly signal?: AbortSignal;
}

export interface EvaluationProgress {
  /** Items done; the work is shared out evenly over them. */
  readonly done: number;
  readonly total: number;
}

export interface ItemResult {
  readonly id: string;
  readonly answer: string;
  /** The choice made, or the text written. */
  readonly prediction: string;
  readonly scores: Partial<Record<MetricName, number>>;
}

export interface TaskEvaluation {
  readonly items: readonly ItemResult[];
  /** One per metric, the task's own first. */
  readonly rows: readonly EvaluationRow[];
}

/**
 * Yields progress after every batch and returns scores and rows.
 * @throws RangeError when there are too few items, or a prompt's instruction does not fit the model's context.
 */
export async function* evaluateTask(
  model: LanguageModel,
  task: Task,
  documents: readonly TaskDocument[],
  options: EvaluateOptions,
): AsyncGenerator<EvaluationProgress, TaskEvaluation, void> {
  const { shift, format, shots, seed } = options;
  const items = task.testItems(documents, shift, { count: options.items, seed });
  const solved = shots === 0 ? [] : task.trainItems(documents, { count: shots, seed });
  const { tokenizer, contextLength } = model;
  const promptOptions = { format, tokenizer, contextLength, shots: solved };
  const prompts = items.map((item) =>
    buildPrompt(task, item, answerRoom(task, item, tokenizer), promptOptions),
  );

  const work = task.outputType === 'multiple_choice' ? choose : generate;
  const answering = work(model, task, items, prompts, options);
  yield { done: 0, total: items.length };
  for (;;) {
    const step = await answering.next();
    if (step.done) return { items: step.value, rows: rowsOf(task, step.value, options) };
    yield { done: Math.floor(step.value * items.length), total: items.length };
  }
}

type Answering = AsyncGenerator<number, readonly ItemResult[], void>;

async function* choose(
  model: LanguageModel,
  _task: Task,
  items: readonly TaskItem[],
  prompts: readonly string[],
  options: EvaluateOptions,
): Answering {
  const requests = items.flatMap(({ choices }, index) =>
    choices.map((choice) => ({ context: prompts[index]!, continuation: completion(choice) })),
  );
  const results = yield* loglikelihood(model, requests, options);
  let next = 0;
  return items.map(({ id, choices, answer }) => {
    const loglikelihoods = choices.map(() => results[next++]!.value);
    const outcome = { choices, loglikelihoods, answer };
    return { id, answer, prediction: likeliestChoice(outcome), scores: scoreChoice(outcome) };
  });
}

async function* generate(
  model: LanguageModel,
  task: Task,
  items: readonly TaskItem[],
  prompts: readonly string[],
  options: EvaluateOptions,
): Answering {
  const requests = prompts.map((context) => ({ context, until: task.until }));
  const texts = yield* generateUntil(model, requests, { ...options, newTokens: task.newTokens });
  return items.map(({ id, answer }, index) => {
    const prediction = texts[index]!.trim();
    return { id, answer, prediction, scores: scoreGenerated(prediction, answer) };
  });
}

function rowsOf(
  task: Task,
  items: readonly ItemResult[],
  options: EvaluateOptions,
): readonly EvaluationRow[] {
  const { subject, shift, format, shots, seed, bootstrapResamples } = options;
  const crossed = subject.trainTask !== null && subject.trainTask !== task.name;
  // A metric that some items lack (their choices are of equal length) is not a mean over the test set.
  const names = (Object.keys(items[0]!.scores) as MetricName[]).filter((name) =>
    items.every(({ scores }) => scores[name] !== undefined),
  );
  return names.map((metric) => ({
    ...subject,
    task: task.name,
    split: `test ${shift}`,
    shift: crossed ? 'cross' : shift,
    format,
    shots,
    seed,
    metric,
    ...estimateMean(
      items.map(({ scores }) => scores[metric]!),
      { resamples: bootstrapResamples, seed },
    ),
    chance: metric === 'exact_match' ? 0 : task.chance,
  }));
}
