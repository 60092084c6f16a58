/** A checkpoint's weights on the GPU as evaluation's LanguageModel: padding, batch shapes and plans are handled here. */
import type {
  GenerationLimits,
  LanguageModel,
  NextToken,
  NextTokenRow,
  Score,
  ScoreRow,
  TextCodec,
} from './language-model.ts';
import { continuePrompts } from './continue-prompts.ts';
import { DecodingPlan } from './decoding-plan.ts';
import { ScoringPlan, type Answer, type LoadedModel, type Question } from './scoring-plan.ts';

export interface GpuLanguageModelOptions {
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly tokenizer: TextCodec;
  /** Sequences per pass; shorter batches are padded. */
  readonly batchSize: number;
}

/** Shortest padded length: below it a plan of its own saves nothing. */
const shortestTime = 16;

export class GpuLanguageModel<Config = unknown> implements LanguageModel {
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly tokenizer: TextCodec;
  private readonly scoringPlans = new Map<string, Promise<ScoringPlan>>();
  private readonly decodingPlans = new Map<string, Promise<DecodingPlan>>();

  constructor(
    private readonly model: LoadedModel<Config>,
    private readonly options: GpuLanguageModelOptions,
  ) {
    this.contextLength = options.contextLength;
    this.vocabularySize = options.vocabularySize;
    this.tokenizer = options.tokenizer;
  }

  async scoreBatch(rows: readonly ScoreRow[]): Promise<readonly Score[]> {
    const questions = rows.flatMap(({ tokens, scored }, sequence) =>
      Array.from({ length: scored }, (_, i) => {
        const predicted = tokens.length - scored + i;
        return { sequence, position: predicted - 1, target: tokens[predicted]! };
      }),
    );
    const answers = await this.ask(
      rows.map(({ tokens }) => tokens.slice(0, -1)),
      questions,
    );
    let next = 0;
    return rows.map(({ scored }) => {
      const own = range(next, scored);
      next += scored;
      return {
        logProbabilities: Float32Array.from(own, (index) => answers[index]!.logProbability),
        greedy: own.every((index) => answers[index]!.best === questions[index]!.target),
      };
    });
  }

  async nextTokenBatch(rows: readonly NextTokenRow[]): Promise<readonly NextToken[]> {
    const questions = rows.flatMap(({ context, candidates }, sequence) =>
      candidates.map((target) => ({ sequence, position: context.length - 1, target })),
    );
    const answers = await this.ask(
      rows.map(({ context }) => context),
      questions,
    );
    let next = 0;
    return rows.map(({ candidates }) => {
      const own = range(next, candidates.length);
      next += candidates.length;
      return {
        logProbabilities: Float32Array.from(own, (index) => answers[index]!.logProbability),
        best: answers[own[0]!]!.best,
      };
    });
  }

  async generateBatch(
    prompts: readonly (readonly number[])[],
    limits: GenerationLimits,
  ): Promise<readonly (readonly number[])[]> {
    const longest = Math.max(...prompts.map((prompt) => prompt.length));
    if (longest + limits.newTokens > this.contextLength) {
      throw new RangeError(
        `generateBatch: ${longest} prompt tokens and ${limits.newTokens} new ones exceed the context, got ` +
          `${longest + limits.newTokens}, expected at most ${this.contextLength}. Shorten the prompt or ask for fewer tokens.`,
      );
    }
    const batch = this.batchFor(prompts.length);
    const capacity = this.timeFor(longest + limits.newTokens);
    const plan = await cached(this.decodingPlans, `${batch}+${capacity}`, () =>
      DecodingPlan.compile(this.model, batch, capacity),
    );
    return continuePrompts(plan, prompts, limits, { batch, timeFor: (length) => this.timeFor(length) });
  }

  /** Frees the plans; the model's parameters are their owner's. */
  async dispose(): Promise<void> {
    try {
      await this.model.gpu.finish();
    } finally {
      // A plan that could not be compiled has nothing to free, and must not keep the others from it.
      const plans = [...this.scoringPlans.values(), ...this.decodingPlans.values()];
      for (const plan of await Promise.allSettled<{ destroy(): void | Promise<void> }>(plans))
        if (plan.status === 'fulfilled') await plan.value.destroy();
    }
  }

  private async ask(
    sequences: readonly (readonly number[])[],
    questions: readonly Question[],
  ): Promise<readonly Answer[]> {
    const shape = {
      batch: this.batchFor(sequences.length),
      time: this.timeFor(Math.max(...sequences.map((s) => s.length))),
    };
    const capacity = powerOfTwo(questions.length);
    const plan = await cached(this.scoringPlans, `${shape.batch}x${shape.time}?${capacity}`, () =>
      ScoringPlan.compile(this.model, shape, capacity),
    );
    return plan.ask(sequences, questions);
  }

  private batchFor(sequences: number): number {
    return Math.min(powerOfTwo(sequences), Math.max(sequences, this.options.batchSize));
  }

  /** Lengths are padded to few different values, so that few plans are compiled. */
  private timeFor(length: number): number {
    return Math.min(this.contextLength, Math.max(shortestTime, powerOfTwo(length)));
  }
}

async function cached<Plan>(
  plans: Map<string, Promise<Plan>>,
  key: string,
  compile: () => Promise<Plan>,
): Promise<Plan> {
  let plan = plans.get(key);
  if (!plan) plans.set(key, (plan = compile()));
  return plan;
}

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, atLeast)));
}
