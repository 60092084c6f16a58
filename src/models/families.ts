/** The model families by transformers' `model_type`: one line each. */
import type { ModelFamily } from './family.ts';
import { gptNeoX } from './gpt-neox.ts';

export const families: Readonly<Record<string, ModelFamily<unknown>>> = {
  gpt_neox: gptNeoX,
};

/** The family of a `config.json`. Throws where there is none of its `model_type`. */
export function familyOf(json: Readonly<Record<string, unknown>>): ModelFamily<unknown> {
  const type = json.model_type;
  const family = typeof type === 'string' && Object.hasOwn(families, type) ? families[type] : undefined;
  if (!family) {
    throw new RangeError(
      `config: model_type is not known, got ${JSON.stringify(type)}, expected one of ${Object.keys(families).join(', ')}`,
    );
  }
  return family;
}
