/** A spec's model as a family with its configuration. */
import { families, findFamily, type AnyFamily } from '../models/index.ts';
import type { GptNeoXConfig } from '../models/gpt-neox.ts';
import type { ModelSpec } from './spec.ts';

export interface ConfiguredModel {
  readonly family: AnyFamily;
  readonly config: unknown;
}

/** @throws RangeError naming the field of a spec that no model can have. */
export function modelFromSpec(
  spec: ModelSpec,
  vocabularySize: number,
  contextLength: number,
): ConfiguredModel {
  if (spec.width % spec.heads !== 0) {
    throw new RangeError(
      `model: width must be a multiple of heads, got width ${spec.width} and ${spec.heads} heads`,
    );
  }
  const config: GptNeoXConfig = {
    vocabularySize,
    contextLength,
    layers: spec.layers,
    width: spec.width,
    heads: spec.heads,
    feedForward: spec.feedForward ?? 4 * spec.width,
    rotaryFraction: spec.rotaryFraction,
    rotaryBase: spec.rotaryBase,
    parallelResidual: spec.parallelResidual,
    layerNormEpsilon: spec.layerNormEpsilon,
    initializerRange: spec.initializerRange,
    tied: spec.tied,
    attentionBias: true,
    activation: 'gelu',
  };
  return { family: families.gpt_neox, config };
}

/** The model of a checkpoint's config.json. */
export function modelFromConfig(config: Readonly<Record<string, unknown>>): ConfiguredModel {
  const family = findFamily(String(config.model_type));
  return { family, config: family.fromHuggingFace(config) };
}
