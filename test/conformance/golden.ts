/** Reads a conformance directory (see make.py): a model, what it is to be given, and what must come out. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTensors, readWeights, type HostTensor } from './tensor-file.ts';

/** Of one tensor by its name. */
const ofOneTensor = /^(?:grad|final)\../;
const tolerances = z.strictObject({
  /** Relative L2. */
  logits: z.number().default(1e-5),
  /** Relative. */
  loss: z.number().default(1e-5),
  /** Relative L2, of each tensor. */
  grad: z.number().default(5e-5),
  /** Relative, of each step. */
  'steps.loss': z.number().default(1e-4),
  /** Relative L2, of each tensor. */
  final: z.number().default(1e-4),
  tensors: z.record(z.string(), z.number()),
});
/** Other words for the same checks. */
const alsoCalled: Readonly<Record<string, string>> = {
  grads: 'grad',
  gradients: 'grad',
  steps: 'steps.loss',
  step_loss: 'steps.loss',
  step_losses: 'steps.loss',
  finals: 'final',
  final_weights: 'final',
};
const renamed = z.record(z.string(), z.unknown()).transform((table) => {
  const entries = Object.entries(table).map(([key, value]) => [alsoCalled[key] ?? key, value] as const);
  const [tensors, checks] = [true, false].map((single) =>
    Object.fromEntries(entries.filter(([key]) => ofOneTensor.test(key) === single)),
  );
  return { ...checks, tensors };
});
const description = z.object({
  optimizer: z.object({
    lr: z.number(),
    betas: z.tuple([z.number(), z.number()]).default([0.9, 0.999]),
    eps: z.number().default(1e-8),
    weight_decay: z.number().default(0.01),
    max_grad_norm: z.number().nullable().default(null),
  }),
  steps: z.number().int().positive(),
  peft: z
    .null({ error: 'a model trained through an adapter (LoRA) cannot be compared yet, expected null' })
    .default(null),
  tolerance: renamed.pipe(tolerances).prefault({}),
});

export type Tolerances = z.infer<typeof tolerances>;

export interface Golden {
  readonly config: Readonly<Record<string, unknown>>;
  readonly description: z.infer<typeof description>;
  readonly weights: ReadonlyMap<string, HostTensor>;
  readonly expected: ReadonlyMap<string, HostTensor>;
}

/** Throws naming the file and what is wrong with it. */
export async function readGolden(directory: string): Promise<Golden> {
  const text = (name: string) => readFile(join(directory, name), 'utf8');
  const parsed = description.safeParse(JSON.parse(await text('golden.json')));
  if (!parsed.success) throw new Error(`${join(directory, 'golden.json')}: ${z.prettifyError(parsed.error)}`);
  return {
    config: JSON.parse(await text('config.json')) as Record<string, unknown>,
    description: parsed.data,
    weights: rename(await readWeights(directory)),
    expected: rename(await readTensors(join(directory, 'golden.safetensors'))),
  };
}

/** transformers 5 calls NeoX's head `lm_head` in memory and `embed_out` in files; a golden file may say either. */
function rename(tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  const isNeoX = [...tensors.keys()].some((name) => name.includes('gpt_neox.'));
  const entries = [...tensors].map(
    ([name, tensor]) => [isNeoX ? name.replace('lm_head.', 'embed_out.') : name, tensor] as const,
  );
  return new Map(entries);
}
