/** How generated tokens, their probabilities and the state of a generation are put into words. */
import type { GenerationRow } from '../notebook/live-generation.ts';
import type { GeneratedText, Generation } from '../worker/generation.ts';
import { visibleSpace } from '../notebook/element.ts';
import { formatCount, formatNumber } from './quantities.ts';

const THIN_SPACE = '\u202f';

/** Percent with two significant digits; nothing that is possible is called 0 %, nothing unsure 100 %. */
export function formatProbability(logProbability: number): string {
  const percent = 100 * Math.exp(logProbability);
  if (percent < 0.01) return `<${THIN_SPACE}0.01${THIN_SPACE}%`;
  if (percent > 99.95 && percent < 100) return `>${THIN_SPACE}99.9${THIN_SPACE}%`;
  return `${percent >= 10 ? percent.toFixed(1) : Number(percent.toPrecision(2))}${THIN_SPACE}%`;
}

/** White space that must be seen: new lines and tabs get a sign, spaces stay. */
export const visibleToken = visibleSpace;

/** A token by itself, with its spaces visible. */
export function quotedToken(piece: string): string {
  return piece === '' ? '(no text)' : visibleSpace(piece).replaceAll('↵\n', '↵').replaceAll(' ', '␣');
}

export function describeState({ state, texts }: GenerationRow): string {
  switch (state) {
    case 'queued':
      return 'waits for the checkpoint before it';
    case 'waiting':
      return 'waits for the GPU: the run at work lets it in after its step';
    case 'loading':
      return 'loads the weights';
    case 'writing':
      return `writes: ${formatCount(texts.reduce((sum, { tokens }) => sum + tokens.length, 0))} tokens`;
    case 'done':
      return '';
  }
}

/** Length, why it ended, and how sure the model was on average. */
export function describeText({ tokens, end }: GeneratedText, { newTokens }: Generation): string {
  const why = {
    newTokens: `stopped at newTokens = ${formatCount(newTokens)}`,
    stop: 'ended before a stop string',
    endOfText: 'ended by the end-of-text token',
  };
  const count = `${formatCount(tokens.length)} ${tokens.length === 1 ? 'token' : 'tokens'}`;
  const mean = tokens.reduce((sum, { logProbability }) => sum + logProbability, 0) / tokens.length;
  const sure = tokens.length > 0 ? `, mean log-probability ${formatNumber(mean, 3)} nats` : '';
  return `${count}${end ? `, ${why[end]}` : ''}${sure}`;
}

export function describeLeftOut(tokens: number, { contextLength }: Generation): string {
  const which = tokens === 1 ? 'first token' : `first ${formatCount(tokens)} tokens`;
  return `The ${which} of the prompt were left out: this model reads ${formatCount(contextLength)} tokens, prompt and continuation together.`;
}
