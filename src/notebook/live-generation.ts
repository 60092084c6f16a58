/** Texts that checkpoints are writing: one row per checkpoint, kept up to date from the engine's reports. */
import type { CheckpointReference } from '../experiments/spec.ts';
import type { GeneratedText, GeneratedToken, Generation, GenerationEvent } from '../worker/generation.ts';

export interface GenerationRow {
  readonly checkpoint: CheckpointReference;
  readonly state: 'queued' | GenerationEvent['state'] | 'done';
  /** prompts × samples, as far as they are written. */
  readonly texts: readonly GeneratedText[];
  /** Null until it is done. */
  readonly result: Generation | null;
}

export class LiveGeneration {
  private rowsNow: readonly GenerationRow[];
  private readonly listeners = new Set<() => void>();

  constructor(
    checkpoints: readonly CheckpointReference[],
    readonly prompts: readonly string[],
    private readonly samples: number,
  ) {
    this.rowsNow = checkpoints.map((checkpoint) => ({
      checkpoint,
      state: 'queued',
      texts: this.empty(),
      result: null,
    }));
  }

  get rows(): readonly GenerationRow[] {
    return this.rowsNow;
  }

  /** Calls back on every change until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  report(row: number, { state, tokens }: GenerationEvent): void {
    const { texts } = this.rowsNow[row]!;
    // A device that was lost makes the engine begin again.
    const before = state === 'writing' ? texts : this.empty();
    this.change(row, { state, texts: before.map((text, index) => grown(text, newTokensOf(tokens, index))) });
  }

  finish(row: number, result: Generation): void {
    this.change(row, { state: 'done', texts: result.texts, result });
  }

  private change(row: number, changes: Partial<GenerationRow>): void {
    this.rowsNow = this.rowsNow.with(row, { ...this.rowsNow[row]!, ...changes });
    for (const listener of [...this.listeners]) listener();
  }

  private empty(): GeneratedText[] {
    return this.prompts.flatMap((_, prompt) =>
      Array.from({ length: this.samples }, (_, sample) => ({
        prompt,
        sample,
        text: '',
        tokens: [],
        end: null,
      })),
    );
  }
}

function newTokensOf(tokens: GenerationEvent['tokens'], text: number): GeneratedToken[] {
  return tokens.filter(([index]) => index === text).map(([, token]) => token);
}

function grown(text: GeneratedText, tokens: readonly GeneratedToken[]): GeneratedText {
  if (tokens.length === 0) return text;
  return {
    ...text,
    text: text.text + tokens.map((token) => token.text).join(''),
    tokens: [...text.tokens, ...tokens],
  };
}
