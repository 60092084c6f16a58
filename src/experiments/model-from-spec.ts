/** A spec's model as a family with its configuration. */
import { families, findFamily, type AnyFamily } from '../models/index.ts';
import type { GptNeoXConfig } from '../models/gpt-neox.ts';
import type { LlamaConfig } from '../models/llama.ts';
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
  const sizes = { vocabularySize, contextLength };
  return spec.family === 'llama'
    ? { family: families.llama, config: llamaConfig(spec, sizes) }
    : { family: families.gpt_neox, config: gptNeoXConfig(spec, sizes) };
}

interface DataSizes {
  readonly vocabularySize: number;
  readonly contextLength: number;
}

type SpecOf<Family extends ModelSpec['family']> = Extract<ModelSpec, { family: Family }>;

function gptNeoXConfig(spec: SpecOf<'gpt_neox'>, sizes: DataSizes): GptNeoXConfig {
  return {
    ...sizes,
    layers: spec.layers,
    width: spec.width,
    heads: spec.heads,
    feedForward: spec.feedForward ?? 4 * spec.width,
    rotaryFraction: spec.rotaryFraction,
    rotaryBase: spec.rotaryBase,
    rotaryScaling: null,
    parallelResidual: spec.parallelResidual,
    layerNormEpsilon: spec.layerNormEpsilon,
    initializerRange: spec.initializerRange,
    tied: spec.tied,
    attentionBias: true,
    activation: 'gelu',
  };
}

function llamaConfig(spec: SpecOf<'llama'>, sizes: DataSizes): LlamaConfig {
  const keyHeads = spec.keyHeads ?? spec.heads;
  if (spec.heads % keyHeads !== 0) {
    throw new RangeError(
      `model: heads must be a multiple of keyHeads, got ${spec.heads} heads and ${keyHeads} keyHeads`,
    );
  }
  const headSize = spec.width / spec.heads;
  if (headSize % 2 !== 0) {
    throw new RangeError(
      `model: rotation is by pairs, got heads of ${headSize}, expected width / heads to be even`,
    );
  }
  return {
    ...sizes,
    layers: spec.layers,
    width: spec.width,
    heads: spec.heads,
    keyHeads,
    headSize,
    // Three matrices of this width cost what two of 4 × width do.
    feedForward: spec.feedForward ?? 8 * Math.ceil(spec.width / 3),
    activation: 'silu',
    rotaryBase: spec.rotaryBase,
    rotaryScaling: null,
    normEpsilon: spec.normEpsilon,
    initializerRange: spec.initializerRange,
    tied: spec.tied,
    attentionBias: false,
    mlpBias: false,
    paddingToken: null,
  };
}

/** Tokens that a checkpoint's model was made to read at once. */
export function contextLengthOf(config: unknown): number {
  const model = modelFromConfig(config as Record<string, unknown>);
  return (model.config as { readonly contextLength: number }).contextLength;
}

/** The model of a checkpoint's config.json. */
export function modelFromConfig(config: Readonly<Record<string, unknown>>): ConfiguredModel {
  const family = findFamily(String(config.model_type));
  return { family, config: family.fromHuggingFace(config) };
}
