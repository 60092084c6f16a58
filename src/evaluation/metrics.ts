/** Metrics: the score of one item, by the names of lm-evaluation-harness. A new metric is an entry here. */
import { rougeL } from './rouge.ts';

/** A multiple-choice item answered by the loglikelihoods of its choices. */
export interface ChoiceOutcome {
  readonly choices: readonly string[];
  /** Σ ln p of each choice. */
  readonly loglikelihoods: readonly number[];
  readonly answer: string;
}

export interface MetricInfo {
  readonly label: string;
  /** Among the metrics of one task, figures show the one with the lowest rank. */
  readonly rank: number;
}

/** Every metric is a share in [0, 1], higher is better. */
export const metrics = {
  acc: { label: 'accuracy', rank: 0 },
  acc_norm: { label: 'accuracy, length-normalised', rank: 1 },
  rouge_l: { label: 'ROUGE-L', rank: 0 },
  exact_match: { label: 'exact match', rank: 1 },
} as const satisfies Readonly<Record<string, MetricInfo>>;

export type MetricName = keyof typeof metrics;

/** The choice with the largest Σ ln p; the first where several are equal. */
export function likeliestChoice({ choices, loglikelihoods }: ChoiceOutcome): string {
  return choices[argmax(loglikelihoods)]!;
}

/** The choice with the largest Σ ln p per Unicode code point of its text. */
export function likeliestChoicePerCharacter({ choices, loglikelihoods }: ChoiceOutcome): string {
  return choices[argmax(loglikelihoods.map((value, index) => value / codePoints(choices[index]!)))]!;
}

/** Whether `acc_norm` can differ from `acc` for reasons of length at all. */
export function choicesDifferInLength(choices: readonly string[]): boolean {
  return new Set(choices.map(codePoints)).size > 1;
}

export function scoreChoice(outcome: ChoiceOutcome): Partial<Record<MetricName, number>> {
  const acc = Number(likeliestChoice(outcome) === outcome.answer);
  if (!choicesDifferInLength(outcome.choices)) return { acc };
  return { acc, acc_norm: Number(likeliestChoicePerCharacter(outcome) === outcome.answer) };
}

export function scoreGenerated(prediction: string, answer: string): Partial<Record<MetricName, number>> {
  return { rouge_l: rougeL(prediction, answer), exact_match: Number(prediction.trim() === answer.trim()) };
}

/** Totals of texts scored by rolling loglikelihood, in the units of lm-evaluation-harness. */
export interface RollingTotals {
  /** Σ ln p over all texts, in nats. */
  readonly loglikelihood: number;
  /** Pieces of the original texts between runs of white space. */
  readonly words: number;
  readonly bytes: number;
}

/** Totals of texts and their rolling loglikelihoods. */
export function rollingTotals(texts: readonly string[], loglikelihoods: readonly number[]): RollingTotals {
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  return {
    loglikelihood: total(loglikelihoods),
    words: total(texts.map((text) => text.split(/\s+/).length)),
    bytes: total(texts.map((text) => new TextEncoder().encode(text).length)),
  };
}

export function wordPerplexity({ loglikelihood, words }: RollingTotals): number {
  return Math.exp(-loglikelihood / words);
}

export function bytePerplexity({ loglikelihood, bytes }: RollingTotals): number {
  return Math.exp(-loglikelihood / bytes);
}

export function bitsPerByte({ loglikelihood, bytes }: RollingTotals): number {
  return -loglikelihood / (bytes * Math.LN2);
}

function argmax(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value > values[best]! ? index : best), 0);
}

function codePoints(text: string): number {
  return [...text].length;
}
