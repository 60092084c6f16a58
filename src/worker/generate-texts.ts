/** Continuing prompts with a checkpoint's weights. */
import { drawFrom, sampledDistribution } from '../evaluation/sampling.ts';
import { TextStream } from '../evaluation/text-stream.ts';
import { reportToken } from '../evaluation/token-report.ts';
import type { ExperimentStore } from '../experiments/experiment-store.ts';
import { lineageTokenizer, traceLineage } from '../experiments/lineage.ts';
import { loadOnGpu } from '../experiments/loaded-checkpoint.ts';
import { contextLengthOf } from '../experiments/model-from-spec.ts';
import type { Resources } from '../experiments/resources.ts';
import type { Gpu } from '../gpu/device.ts';
import { RandomStream } from '../random/random-stream.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import type { GeneratedText, GeneratedToken, GenerateRequest, Generation } from './generation.ts';

export interface GenerateSurroundings {
  readonly gpu: Gpu;
  readonly store: ExperimentStore;
  readonly resources: Resources;
  readonly signal: AbortSignal;
  /** Hears of each token when its text is settled. */
  readonly onToken: (text: number, token: GeneratedToken) => void;
}

/** A prompt of more tokens than the context leaves room for is cut from the left; the answer says by how many. */
export async function generateTexts(
  request: GenerateRequest,
  { gpu, store, resources, signal, onToken }: GenerateSurroundings,
): Promise<Generation> {
  const lineage = await traceLineage(request.checkpoint, store);
  const contextLength = contextLengthOf((await store.loadCheckpoint(request.checkpoint)).config);
  const { tokenizer } = await lineageTokenizer(lineage, resources);
  const newTokens = tokensWanted(request.newTokens, contextLength);
  const prompts = request.prompts.map((prompt) => encodePrompt(prompt, tokenizer));
  const kept = prompts.map((tokens) => tokens.slice(-(contextLength - newTokens)));
  const writers = kept.flatMap((tokens, prompt) =>
    Array.from(
      { length: request.samples },
      (_, sample) => new Writer(request, tokenizer, tokens, { prompt, sample }),
    ),
  );
  signal.throwIfAborted();
  const loaded = await loadOnGpu(gpu, store, request.checkpoint, {
    tokenizer,
    contextLength,
    batchSize: writers.length,
    weights: request.weights,
  });
  try {
    await loaded.model.generateBatch(
      writers.map(({ context }) => context),
      {
        newTokens,
        stopTokens: [], // the writers end their texts themselves
        choose: (logits, index) => {
          const token = writers[index]!.write(logits);
          for (const settled of writers[index]!.settled()) onToken(index, settled);
          return token;
        },
        beforePass: () => signal.throwIfAborted(),
      },
    );
  } finally {
    await loaded.dispose();
  }
  const texts = writers.map((writer, index) => writer.finish((token) => onToken(index, token)));
  const leftOut = prompts.map((tokens, index) => tokens.length - kept[index]!.length);
  return { texts, leftOut, newTokens, contextLength };
}

function tokensWanted(newTokens: number | null, contextLength: number): number {
  if (newTokens === null) return Math.max(1, Math.min(64, contextLength >> 1));
  if (newTokens < contextLength) return newTokens;
  throw new RangeError(
    `generate: newTokens leaves no room for a prompt, got ${newTokens}, expected at most ${contextLength - 1}: ` +
      `this model reads ${contextLength} tokens, prompt and continuation together`,
  );
}

/** An empty prompt begins where a document begins: after the end of the one before. */
function encodePrompt(prompt: string, tokenizer: Tokenizer): readonly number[] {
  const tokens = Array.from(tokenizer.encode(prompt, { specialTokens: 'text' }));
  return tokens.length > 0 ? tokens : [tokenizer.endOfText ?? 0];
}

type Place = Pick<GeneratedText, 'prompt' | 'sample'>;

/** One text: draws its tokens and knows when it ends. */
class Writer {
  private readonly tokens: Omit<GeneratedToken, 'text'>[] = [];
  private readonly stream: TextStream;
  private readonly random: RandomStream;
  private told = 0;
  private atEndOfText = false;

  constructor(
    private readonly request: GenerateRequest,
    private readonly tokenizer: Tokenizer,
    readonly context: readonly number[],
    private readonly place: Place,
  ) {
    this.stream = new TextStream((ids) => tokenizer.decode(ids), context, request.stop);
    // By sample and not by place in the batch: a text is the same whatever else is asked for with it.
    this.random = new RandomStream(request.seed, `generation, sample ${place.sample}`);
  }

  /** The next token, or null when the text has ended. */
  write(logits: Float32Array): number | null {
    const { request, tokenizer, tokens, stream } = this;
    // A head may have rows that no token belongs to.
    const known = logits.subarray(0, tokenizer.vocabularySize);
    const distribution = sampledDistribution(known, request);
    const id = drawFrom(distribution, this.random.uniform(tokens.length));
    if (id === tokenizer.endOfText) {
      this.atEndOfText = true;
      return null;
    }
    const { alternatives, ...report } = reportToken(logits, id, request.alternatives);
    tokens.push({
      ...report,
      piece: tokenizer.piece(id),
      alternatives: alternatives.map((other) => ({
        piece: other.id < tokenizer.vocabularySize ? tokenizer.piece(other.id) : `row ${other.id}`,
        logProbability: other.logProbability,
      })),
      drawn: distribution.probabilities[distribution.ids.indexOf(id)]!,
    });
    stream.push(id);
    return stream.ended ? null : id;
  }

  /** Tokens whose text is settled since the last call. */
  settled(): GeneratedToken[] {
    const shares = this.stream.shares();
    const first = this.told;
    this.told = Math.max(first, shares.length);
    return shares.slice(first).map((text, index) => ({ ...this.tokens[first + index]!, text }));
  }

  finish(onToken: (token: GeneratedToken) => void): GeneratedText {
    const { stream, place, tokens, atEndOfText } = this;
    const end = stream.ended ? 'stop' : atEndOfText ? 'endOfText' : 'newTokens';
    stream.finish();
    for (const token of this.settled()) onToken(token);
    const shown = stream.shares().map((text, index) => ({ ...tokens[index]!, text }));
    return { ...place, text: stream.text, tokens: shown, end };
  }
}
