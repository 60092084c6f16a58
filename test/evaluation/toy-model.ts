/** A language model small enough to work out by hand: a table of bigrams over a tokenizer of a few pieces. */
import type { LanguageModel, NextToken, Score, TextCodec } from '../../src/evaluation/language-model.ts';

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
/** Token 0 ends a text; pieces of several characters make joint tokenisation differ from separate. */
const PIECES = [
  '<end>',
  '\n',
  '\n\n',
  ...PRINTABLE,
  ' yes',
  ' no',
  ' n',
  'ab',
  'b ',
  ' republic',
  'The',
  ' the',
];

/** Longest match first; characters outside ASCII are `?`. */
export const toyTokenizer: TextCodec = {
  endOfText: 0,
  encode(text) {
    const tokens: number[] = [];
    for (let at = 0; at < text.length;) {
      const token = longestPieceAt(text, at);
      tokens.push(token);
      at += token < 0 ? 1 : PIECES[token]!.length;
    }
    return tokens.map((token) => (token < 0 ? PIECES.indexOf('?') : token));
  },
  decode: (tokens) => tokens.map((token) => PIECES[token]).join(''),
};

function longestPieceAt(text: string, at: number): number {
  let best = -1;
  PIECES.forEach((piece, token) => {
    if (token === 0 || !text.startsWith(piece, at)) return;
    if (best < 0 || piece.length > PIECES[best]!.length) best = token;
  });
  return best;
}

export interface Calls {
  /** Tokens of every row of every batch, by method. */
  readonly score: number[][];
  readonly next: number[][];
  readonly generate: number[][];
}

/** Log-probabilities of the token after `last`: any bigram may be set, the rest are seeded by position. */
export function bigram(last: number): Float64Array {
  const logits = Float64Array.from(PIECES, (_, token) => ((last * 31 + token * 17) % 23) / 5);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
}

/** @param write the greedy continuation of a prompt, by default that of the bigrams. */
export function toyModel(
  contextLength: number,
  write?: (prompt: string) => string,
): LanguageModel & { readonly calls: Calls } {
  const calls: Calls = { score: [], next: [], generate: [] };
  return {
    calls,
    contextLength,
    vocabularySize: PIECES.length,
    tokenizer: toyTokenizer,
    scoreBatch: (rows) => {
      calls.score.push(rows.map(({ tokens }) => tokens.length));
      return Promise.resolve(rows.map(({ tokens, scored }) => score(tokens, scored, contextLength)));
    },
    nextTokenBatch: (rows) => {
      calls.next.push(rows.map(({ context }) => context.length));
      return Promise.resolve(
        rows.map(({ context, candidates }): NextToken => {
          const table = bigram(context.at(-1)!);
          return {
            logProbabilities: Float32Array.from(candidates, (token) => table[token]!),
            best: first(table),
          };
        }),
      );
    },
    generateBatch: (prompts, { newTokens, stopTokens }) => {
      calls.generate.push(prompts.map((prompt) => prompt.length));
      return Promise.resolve(
        prompts.map((prompt) => {
          if (prompt.length + newTokens > contextLength) throw new RangeError('prompt too long');
          if (write) return toyTokenizer.encode(write(toyTokenizer.decode(prompt))).slice(0, newTokens);
          const written: number[] = [];
          for (let last = prompt.at(-1)!; written.length < newTokens; written.push(last)) {
            last = first(bigram(last));
            if (stopTokens.includes(last)) break;
          }
          return written;
        }),
      );
    },
  };
}

function score(tokens: readonly number[], scored: number, contextLength: number): Score {
  if (tokens.length > contextLength + 1 || scored >= tokens.length) throw new RangeError('row too long');
  const positions = Array.from({ length: scored }, (_, index) => tokens.length - scored + index);
  return {
    logProbabilities: Float32Array.from(positions, (at) => bigram(tokens[at - 1]!)[tokens[at]!]!),
    greedy: positions.every((at) => first(bigram(tokens[at - 1]!)) === tokens[at]),
  };
}

function first(table: Float64Array): number {
  return table.reduce((best, value, index) => (value > table[best]! ? index : best), 0);
}

/** Runs a generator to its end: what it yielded, and what it returned. */
export async function drain<Yielded, Returned>(
  generator: AsyncGenerator<Yielded, Returned, void>,
): Promise<{ yielded: Yielded[]; returned: Returned }> {
  const yielded: Yielded[] = [];
  for (;;) {
    const step = await generator.next();
    if (step.done) return { yielded, returned: step.value };
    yielded.push(step.value);
  }
}
