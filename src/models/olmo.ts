/**
 * OLMo: as Llama, with layer norms that have no parameters and, where the config says so, q, k and v clipped before
 * they are cut into heads. As `transformers` 4/5 modeling_olmo.
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add } from '../ops/add.ts';
import { clamp } from '../ops/clamp.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import type { AttentionPath } from './attention-path.ts';
import { ConfigReader } from './config-reader.ts';
import type { ModelFamily, Parameters, ParameterSpec } from './family.ts';
import {
  attentionParameters,
  embeddingParameters,
  embedTokens,
  feedForwardParameters,
  gatedFeedForward,
  headParameters,
  layerName,
  llamaKin,
  llamaKinToHuggingFace,
  readLlamaKin,
  selfAttention,
  type LlamaKinConfig,
} from './llama-kin.ts';

export interface OlmoConfig extends LlamaKinConfig {
  /** q, k and v are limited to ± this; null leaves them. */
  readonly clipQkv: number | null;
}

/** No config says it: modeling_olmo has it in its code. */
const normEpsilon = 1e-5;

function parameters(config: OlmoConfig): ParameterSpec[] {
  const layers = Array.from({ length: config.layers }, (_, i) => layerName(i)).flatMap((layer) => [
    ...attentionParameters(config, layer),
    ...feedForwardParameters(config, layer),
  ]);
  return [...embeddingParameters(config), ...layers, ...headParameters(config)];
}

function hidden(
  graph: Graph,
  all: Parameters,
  tokens: Tensor,
  path: AttentionPath,
  config: OlmoConfig,
): Tensor {
  const { clipQkv } = config;
  const norm = (x: Tensor) => layerNorm(graph, x, null, null, normEpsilon);
  const clip = (projected: Tensor) =>
    clipQkv === null ? projected : clamp(graph, projected, -clipQkv, clipQkv);
  let x = embedTokens(graph, all, tokens, config); // (N, C)
  for (let i = 0; i < config.layers; i++) {
    x = add(graph, x, selfAttention(graph, all, i, norm(x), path, config, clip));
    x = add(graph, x, gatedFeedForward(graph, all, i, norm(x), config));
  }
  return norm(x);
}

function fromHuggingFace(json: Record<string, unknown>): OlmoConfig {
  const config = new ConfigReader('olmo', json);
  config.refuseUnless('mlp_bias', [undefined, false]);
  const clipQkv = config.numberOrNull('clip_qkv');
  if (clipQkv !== null && clipQkv <= 0) throw config.error('clip_qkv', clipQkv, 'a positive number or null');
  return { ...readLlamaKin(config, { paddingToken: 1 }), clipQkv };
}

function toHuggingFace(config: OlmoConfig): Record<string, unknown> {
  return {
    architectures: ['OlmoForCausalLM'],
    model_type: 'olmo',
    ...llamaKinToHuggingFace(config),
    clip_qkv: config.clipQkv,
  };
}

export const olmo: ModelFamily<OlmoConfig> = {
  name: 'olmo',
  parameters,
  hidden,
  ...llamaKin,
  toHuggingFace,
  fromHuggingFace,
};
