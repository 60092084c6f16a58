/**
 * Fine-tuning examples: an item's prompt and answer → tokens and targets, with the loss on the answer and the
 * end-of-text after it only. It lies beside evaluation because both must encode a pair the same: what is trained is,
 * token by token, what is scored.
 */
import { completion, type Task, type TaskItem } from '../tasks/task.ts';
import { encodePair } from './pair-encoding.ts';
import { answerRoom, buildPrompt, type PromptOptions } from './prompt.ts';

/** The target of a position that is not learned from. */
export const IGNORED = -100;

export interface TrainingExample {
  /** Padded with end-of-text. (T) */
  readonly tokens: Int32Array;
  /** `targets[t]` is the token that position t must predict; −100 is ignored. (T) */
  readonly targets: Int32Array;
}

/**
 * One item as a training sequence of T = `contextLength` positions. The prompt's body is shortened where needed, by
 * the same rule as in evaluation; the answer never is.
 * @throws RangeError when instruction and answer do not fit T.
 */
export function trainingExample(task: Task, item: TaskItem, options: PromptOptions): TrainingExample {
  const { tokenizer, contextLength } = options;
  const answer = completion(item.answer);
  const room = Math.max(answerRoom(task, item, tokenizer), tokenizer.encode(answer).length);
  const { context, continuation } = encodePair(tokenizer, buildPrompt(task, item, room, options), answer);
  const sequence = [...context, ...continuation, tokenizer.endOfText];
  // The last token is only ever a target, so T positions hold T + 1 tokens.
  if (sequence.length > contextLength + 1) {
    throw new RangeError(
      `trainingExample: item "${item.id}" does not fit, got ${sequence.length} tokens, expected at most ${contextLength + 1}; raise contextLength`,
    );
  }
  const tokens = new Int32Array(contextLength).fill(tokenizer.endOfText);
  const targets = new Int32Array(contextLength).fill(IGNORED);
  tokens.set(sequence.slice(0, -1));
  targets.set(sequence.slice(context.length), context.length - 1);
  return { tokens, targets };
}
