/**
 * What a task is: documents → items → prompts with answers to choose from or to write. A task knows no tokenizer and
 * no model; it says which part of a prompt may be shortened, and whoever encodes it does the shortening.
 */

/** A document of a dataset, as far as tasks read it. */
export interface TaskDocument {
  readonly id: string;
  readonly text: string;
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** One question with its answer. Plain data. */
export interface TaskItem {
  /** Id of the document it was made from. */
  readonly id: string;
  /** What the question is about: the part of the prompt that may be shortened. */
  readonly text: string;
  /** Answers to choose from; empty where the answer is generated. */
  readonly choices: readonly string[];
  readonly answer: string;
}

/** A prompt in three parts: only `body` may be shortened (from its end), never the instruction around it. */
export interface PromptParts {
  readonly before: string;
  readonly body: string;
  readonly after: string;
}

/** `id`: held-out items like those of training. `ood`: items shifted away from them. */
export type Shift = 'id' | 'ood';

export interface Draw {
  /** How many items; fewer are never returned. */
  readonly count: number;
  readonly seed: number;
}

export interface Task {
  readonly name: string;
  /** Raised whenever prompts, splits or answers change: rows of two versions do not compare. */
  readonly version: number;
  readonly title: string;
  /** Name of the dataset whose documents it reads. */
  readonly dataset: string;
  readonly licence: string;
  readonly outputType: 'multiple_choice' | 'generate_until';
  /** The metric that figures show: a key of the evaluation's metric table. */
  readonly metric: 'acc' | 'rouge_l';
  /** Score of a guesser that knows nothing. */
  readonly chance: number;
  /** Prompt formats; the first is the one to train with unless said otherwise. */
  readonly formats: readonly string[];
  /** What each test set holds, in words. */
  readonly shifts: Readonly<Record<Shift, string>>;
  /** Room for a generated answer, in tokens; 0 for multiple choice. */
  readonly newTokens: number;
  /** Generated text is cut at the first of these. */
  readonly until: readonly string[];

  /**
   * Items to train on, in seeded order. Never one of `testItems`, whatever the seeds.
   * @throws RangeError when the documents hold fewer than `count`.
   */
  trainItems(documents: readonly TaskDocument[], draw: Draw): readonly TaskItem[];
  /**
   * Items to test on, in seeded order.
   * @throws RangeError when the documents hold fewer than `count`.
   */
  testItems(documents: readonly TaskDocument[], shift: Shift, draw: Draw): readonly TaskItem[];
  /** @throws RangeError on a format the task does not have. */
  prompt(item: TaskItem, format: string): PromptParts;
}

/**
 * What stands between prompt and answer. Prompts end without a space and completions begin with this one, so that the
 * pair tokenises the same in training and in evaluation.
 */
export const ANSWER_DELIMITER = ' ';

/** The text that follows the prompt when this is the answer. */
export function completion(answer: string): string {
  return ANSWER_DELIMITER + answer;
}

/** A prompt whole, nothing shortened. */
export function promptText({ before, body, after }: PromptParts): string {
  return before + body + after;
}

/** A prompt template `[before, after]` by format. */
export type PromptFormats = Readonly<Record<string, readonly [before: string, after: string]>>;

/** The prompt of a text in one of a task's formats. @throws RangeError on an unknown format. */
export function formatPrompt(
  task: string,
  formats: PromptFormats,
  format: string,
  text: string,
): PromptParts {
  const template = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (!template) {
    throw new RangeError(
      `${task}: unknown prompt format, got "${format}", expected one of ${Object.keys(formats).join(', ')}`,
    );
  }
  return { before: template[0], body: text, after: template[1] };
}
