/**
 * The three request types that answer every task: loglikelihood of a continuation, rolling loglikelihood of a text,
 * generation until a stop. Each is an async generator: it yields the share of its work done, in (0, 1], and returns
 * its results in the order of the requests.
 */
import { runBatches, type BatchOptions } from './batching.ts';
import type { LanguageModel, NextTokenRow } from './language-model.ts';
import { encodePair, pairRow, rollingRows, type EncodedPair } from './pair-encoding.ts';

export interface LoglikelihoodRequest {
  readonly context: string;
  readonly continuation: string;
}

export interface Loglikelihood {
  /** Σ ln p over the continuation's tokens, in nats. */
  readonly value: number;
  /** Whether greedy decoding would have written the continuation. */
  readonly greedy: boolean;
}

export interface GenerateRequest {
  readonly context: string;
  /** The text is cut before the first of these. */
  readonly until: readonly string[];
}

type Progress<Result> = AsyncGenerator<number, readonly Result[], void>;

/**
 * Σ ln p(continuation | context) for each pair. Continuations of one token after the same context share one pass: for
 * yes/no answers this halves the work.
 */
export async function* loglikelihood(
  model: LanguageModel,
  requests: readonly LoglikelihoodRequest[],
  options: BatchOptions,
): Progress<Loglikelihood> {
  const pairs = requests.map(({ context, continuation }) =>
    encodePair(model.tokenizer, context, continuation),
  );
  const shared = groupByContext(pairs, model.contextLength);
  const alone = pairs.flatMap((pair, index) => (pair.continuation.length === 1 ? [] : [index]));
  const total = shared.length + alone.length;
  const results = new Array<Loglikelihood>(pairs.length);

  const next = yield* scaled(
    runBatches(
      shared,
      ({ context }) => context.length,
      (rows) => model.nextTokenBatch(rows),
      options,
    ),
    (done) => done / total,
  );
  shared.forEach(({ candidates, indices }, group) => {
    const { logProbabilities, best } = next[group]!;
    indices.forEach(
      (index, i) => (results[index] = { value: logProbabilities[i]!, greedy: best === candidates[i] }),
    );
  });

  const rows = alone.map((index) => pairRow(pairs[index]!, model.contextLength));
  const scores = yield* scaled(
    runBatches(
      rows,
      ({ tokens }) => tokens.length,
      (batch) => model.scoreBatch(batch),
      options,
    ),
    (done) => (shared.length + done) / total,
  );
  alone.forEach((index, i) => {
    const { logProbabilities, greedy } = scores[i]!;
    results[index] = { value: sum(logProbabilities), greedy };
  });
  return results;
}

/** Σ ln p of each whole text, in nats; 0 for an empty one. */
export async function* loglikelihoodRolling(
  model: LanguageModel,
  texts: readonly string[],
  options: BatchOptions,
): Progress<number> {
  const windows = texts.flatMap((text, index) =>
    rollingRows(model.tokenizer.encode(text), model.tokenizer.endOfText, model.contextLength).map((row) => ({
      row,
      index,
    })),
  );
  const scores = yield* scaled(
    runBatches(
      windows,
      ({ row }) => row.tokens.length,
      (batch) => model.scoreBatch(batch.map(({ row }) => row)),
      options,
    ),
    (done) => done / windows.length,
  );
  const totals = new Array<number>(texts.length).fill(0);
  windows.forEach(({ index }, i) => (totals[index]! += sum(scores[i]!.logProbabilities)));
  return totals;
}

/**
 * Greedy text after each context, cut at its first stop string or at end-of-text. A context that leaves no room for
 * `newTokens` loses its beginning.
 */
export async function* generateUntil(
  model: LanguageModel,
  requests: readonly GenerateRequest[],
  options: BatchOptions & { readonly newTokens: number },
): Progress<string> {
  const room = model.contextLength - options.newTokens;
  if (room < 1) {
    throw new RangeError(
      `generateUntil: newTokens leaves no room for a prompt, got ${options.newTokens}, expected at most ${model.contextLength - 1}`,
    );
  }
  const { tokenizer } = model;
  const prompts = requests.map(({ context }) => promptTokens(context).slice(-room));
  const limits = { newTokens: options.newTokens, stopTokens: [tokenizer.endOfText] };
  const generated = yield* scaled(
    runBatches(
      prompts,
      (prompt) => prompt.length,
      (batch) => model.generateBatch(batch, limits),
      options,
    ),
    (done) => done / prompts.length,
  );
  return requests.map(({ until }, index) => cutAt(tokenizer.decode(generated[index]!), until));

  function promptTokens(context: string): readonly number[] {
    return context === '' ? [tokenizer.endOfText] : tokenizer.encode(context);
  }
}

interface SharedContext extends NextTokenRow {
  /** Which request each candidate answers. */
  readonly indices: readonly number[];
}

function groupByContext(pairs: readonly EncodedPair[], contextLength: number): readonly SharedContext[] {
  const groups = new Map<string, { context: readonly number[]; candidates: number[]; indices: number[] }>();
  pairs.forEach(({ context, continuation }, index) => {
    if (continuation.length !== 1) return;
    const kept = context.slice(-contextLength);
    const key = kept.join(' ');
    const group = groups.get(key) ?? { context: kept, candidates: [], indices: [] };
    group.candidates.push(continuation[0]!);
    group.indices.push(index);
    groups.set(key, group);
  });
  return [...groups.values()];
}

async function* scaled<Result>(
  batches: AsyncGenerator<number, Result, void>,
  share: (done: number) => number,
): AsyncGenerator<number, Result, void> {
  for (;;) {
    const step = await batches.next();
    if (step.done) return step.value;
    yield share(step.value);
  }
}

function cutAt(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
