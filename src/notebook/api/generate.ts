/** `generate`: what checkpoints write after a prompt, token by token, with what else they might have written. */
import { z } from 'zod';
import { checkpointReferenceSchema, type CheckpointReference } from '../../experiments/spec.ts';
import { generateSchema, type GeneratedText } from '../../worker/generation.ts';
import { View, type Builtin, type CellContext } from '../builtins.ts';
import { LiveGeneration } from '../live-generation.ts';
import { parseSpec } from '../parse-spec.ts';

const oneOrMore = <Schema extends z.ZodType>(schema: Schema, most: number) =>
  z.union([schema, z.array(schema).min(1).max(most)]);
const asList = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? (value as readonly T[]) : [value as T];

const { samples, newTokens, temperature, topK, topP, alternatives, weights, seed } = generateSchema.shape;
const inputSchema = z.strictObject({
  /** Several are shown one below the other, each with the same random numbers. */
  checkpoint: oneOrMore(checkpointReferenceSchema, 100),
  prompt: oneOrMore(z.string(), 64).default(''),
  ...{ samples, newTokens, temperature, topK, topP, alternatives, weights, seed },
  stop: oneOrMore(z.string().min(1), 16).default([]),
});
type GenerateInput = z.input<typeof inputSchema>;

/** A text as data: which checkpoint wrote it after which prompt, and its tokens with their probabilities. */
export interface WrittenText extends Omit<GeneratedText, 'prompt'> {
  readonly checkpoint: CheckpointReference;
  readonly prompt: string;
}

type Generate = (spec: GenerateInput) => AsyncIterable<View<readonly WrittenText[]>>;

export const generate: Builtin<Generate> = {
  signature:
    'generate({checkpoint, prompt, newTokens: 64, temperature: 0, topK: 0, topP: 1, stop: [], samples: 1, seed: 0})',
  doc: 'What a checkpoint, or each of a list, writes after a prompt: make it the value of a cell. Temperature 0 always takes the likeliest token. `weights: "bf16"` takes half the GPU memory. Point at a token for its probability and the others that might have come. In other cells `.data` is the list of texts.',
  bind: (cell) => (spec) => {
    const { checkpoint, prompt, stop, ...options } = parseSpec('generate', inputSchema, spec);
    const prompts = [...asList(prompt)];
    const live = new LiveGeneration(asList(checkpoint), prompts, options.samples);
    return write(cell, live, { ...options, prompts, stop: [...asList(stop)] });
  },
};

type Options = Omit<z.input<typeof generateSchema>, 'id' | 'checkpoint'>;

async function* write(
  { engine, signal }: CellContext,
  live: LiveGeneration,
  options: Options,
): AsyncGenerator<View<readonly WrittenText[]>> {
  const written: WrittenText[] = [];
  const view = new View<readonly WrittenText[]>(written, () =>
    Object.assign(document.createElement('generated-texts'), { live }),
  );
  yield view;
  for (const [row, { checkpoint }] of live.rows.entries()) {
    signal.throwIfAborted();
    const id = crypto.randomUUID();
    const leave = engine.subscribe((event) => {
      if (event.type === 'generation' && event.id === id) live.report(row, event);
    });
    const stop = (): void => void engine.request('models.stopGenerating', { id });
    signal.addEventListener('abort', stop, { once: true });
    try {
      const result = await engine.request('models.generate', { ...options, id, checkpoint });
      live.finish(row, result);
      written.push(
        ...result.texts.map((text) => ({ ...text, checkpoint, prompt: live.prompts[text.prompt]! })),
      );
    } finally {
      leave();
      signal.removeEventListener('abort', stop);
    }
  }
  yield view;
}
