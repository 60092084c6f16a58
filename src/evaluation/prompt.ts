/**
 * A task's prompt, with few-shot examples before it, made to fit a model's context. Only the body of an item is ever
 * shortened, from its end and by whole words; instructions and answers stay whole.
 */
import { completion, promptText, type PromptParts, type Task, type TaskItem } from '../tasks/task.ts';
import type { TextCodec } from './language-model.ts';

export interface PromptOptions {
  readonly format: string;
  readonly tokenizer: TextCodec;
  /** Tokens that one forward pass of the model reads. */
  readonly contextLength: number;
  /** Solved examples to put before the question: training items, never test items. */
  readonly shots?: readonly TaskItem[];
}

const SHOT_DELIMITER = '\n\n';
/** Far more characters than a token has on average: text beyond this many per free token need not even be tokenised. */
const CHARACTERS_PER_TOKEN = 8;

/**
 * The prompt of an item, at most `contextLength − answerTokens` tokens long. Each shot may take an equal share of the
 * room; the item takes what they leave.
 * @throws RangeError when the instructions alone do not fit.
 */
export function buildPrompt(
  task: Task,
  item: TaskItem,
  answerTokens: number,
  options: PromptOptions,
): string {
  const { format, tokenizer, contextLength, shots = [] } = options;
  const room = contextLength - answerTokens;
  const share = Math.floor(room / (shots.length + 1));
  const solved = shots.map((shot) => {
    const answer = completion(shot.answer) + SHOT_DELIMITER;
    return (
      shorten(task, task.prompt(shot, format), share - tokenizer.encode(answer).length, tokenizer) + answer
    );
  });
  const { before, body, after } = task.prompt(item, format);
  return shorten(task, { before: solved.join('') + before, body, after }, room, tokenizer);
}

/** Tokens to keep free for an answer: the longest choice, or what the task may generate. */
export function answerRoom(task: Task, item: TaskItem, tokenizer: TextCodec): number {
  return Math.max(
    task.newTokens,
    ...item.choices.map((choice) => tokenizer.encode(completion(choice)).length),
  );
}

function shorten(task: Task, parts: PromptParts, room: number, tokenizer: TextCodec): string {
  const length = (body: string): number => tokenizer.encode(promptText({ ...parts, body })).length;
  const body = parts.body.slice(0, Math.max(room, 0) * CHARACTERS_PER_TOKEN);
  const excess = length(body) - room;
  if (excess <= 0) return promptText({ ...parts, body });

  const tokens = tokenizer.encode(body);
  for (let kept = tokens.length - excess; kept > 0;) {
    const head = wholeWords(tokenizer.decode(tokens.slice(0, kept)));
    // Tokens at the seams may merge differently than in the body alone, so the whole is measured again.
    const over = length(head) - room;
    if (over <= 0) return promptText({ ...parts, body: head });
    kept -= over;
  }
  throw new RangeError(
    `${task.name}: the prompt does not fit the model's context, got ${length('')} tokens without its text, expected fewer than ${room}; raise contextLength or use fewer shots`,
  );
}

/** Without a character cut in half at the end (U+FFFD) and without the word that may be cut there. */
function wholeWords(text: string): string {
  return text.replace(/\ufffd+$/, '').replace(/\s+\S*$/, '');
}
