/**
 * What evaluation asks of a model. The engine implements it over a checkpoint's weights; tests implement it over a
 * table. Token sequences come unpadded; padding, and the compiled batch shape, are the implementation's own business.
 */

/** The part of a tokenizer that evaluation reads. */
export interface TextCodec {
  /** Ids of a text, none added at its ends. Names of special tokens in the text stay text. */
  encode(text: string): readonly number[];
  decode(tokens: readonly number[]): string;
  /** The token that begins an empty context and ends a text. */
  readonly endOfText: number;
}

/** A sequence of at most `contextLength + 1` tokens; the last `scored` of them are predicted from those before. */
export interface ScoreRow {
  readonly tokens: readonly number[];
  /** At least 1, and less than the number of tokens. */
  readonly scored: number;
}

export interface Score {
  /** ln p of each scored token given all before it. (scored) */
  readonly logProbabilities: Float32Array;
  /** Whether every scored token was the model's first choice. */
  readonly greedy: boolean;
}

/** A context of 1 to `contextLength` tokens and the tokens that may come next. */
export interface NextTokenRow {
  readonly context: readonly number[];
  readonly candidates: readonly number[];
}

export interface NextToken {
  /** ln p of each candidate. (candidates) */
  readonly logProbabilities: Float32Array;
  /** The model's first choice in the whole vocabulary; the smallest id where several are equal. */
  readonly best: number;
}

export interface GenerationLimits {
  readonly newTokens: number;
  readonly stopTokens: readonly number[];
  /**
   * Chooses the next token of a sequence from its logits (V), or ends the sequence by null. The likeliest token where
   * left out. The logits are only lent.
   */
  readonly choose?: (logits: Float32Array, sequence: number) => number | null;
  /** Awaited before every pass after the prompts were read; throwing ends the whole batch. */
  readonly beforePass?: () => Promise<void> | void;
}

export interface LanguageModel {
  /** Tokens that one forward pass reads. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly tokenizer: TextCodec;
  /** Softmax runs over the whole vocabulary, padding rows of the head included. */
  scoreBatch(rows: readonly ScoreRow[]): Promise<readonly Score[]>;
  /** The same as scoring `[...context, candidate]` once per candidate, in one pass. */
  nextTokenBatch(rows: readonly NextTokenRow[]): Promise<readonly NextToken[]>;
  /**
   * Continuations of prompts of at most `contextLength − newTokens` tokens, without their stop token. A continuation
   * does not depend on what else is in the batch.
   */
  generateBatch(
    prompts: readonly (readonly number[])[],
    limits: GenerationLimits,
  ): Promise<readonly (readonly number[])[]>;
}
