/** Every model family, by transformers' model_type: a new family is its file and a line here. */
import type { ModelFamily } from './family.ts';
import { gptNeoX } from './gpt-neox.ts';
import { llama } from './llama.ts';
import { olmo } from './olmo.ts';
import { olmo2 } from './olmo2.ts';
import { openLm } from './open-lm.ts';

// A family's configuration type is its own affair once it is chosen by name.
export type AnyFamily = ModelFamily<unknown>;

export const families = {
  gpt_neox: gptNeoX,
  llama,
  olmo,
  olmo2,
  open_lm: openLm,
} as const satisfies Readonly<Record<string, AnyFamily>>;

/** The family of a model_type. @throws RangeError naming the families there are. */
export function findFamily(modelType: string): AnyFamily {
  if (Object.hasOwn(families, modelType)) return families[modelType as keyof typeof families];
  throw new RangeError(
    `model: unknown model_type "${modelType}", expected one of ${Object.keys(families).join(', ')}`,
  );
}
