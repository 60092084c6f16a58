/**
 * Llama (TinyLlama, Amber, OpenLLaMA, SmolLM2): RMSNorm before attention and MLP, grouped-query attention, full
 * rotary, gated MLP. As `transformers` 4/5 modeling_llama.
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add } from '../ops/add.ts';
import { rmsNorm } from '../ops/rms-norm.ts';
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
import { vector } from './projection.ts';

export interface LlamaConfig extends LlamaKinConfig {
  readonly normEpsilon: number;
  /** Of gate, up and down together. */
  readonly mlpBias: boolean;
}

function parameters(config: LlamaConfig): ParameterSpec[] {
  const norm = (name: string) => vector(`${name}.weight`, config.width, 1);
  const layers = Array.from({ length: config.layers }, (_, i) => layerName(i)).flatMap((layer) => [
    ...attentionParameters(config, layer),
    ...feedForwardParameters(config, layer, config.mlpBias),
    norm(`${layer}.input_layernorm`),
    norm(`${layer}.post_attention_layernorm`),
  ]);
  return [...embeddingParameters(config), ...layers, norm('model.norm'), ...headParameters(config)];
}

function hidden(
  graph: Graph,
  all: Parameters,
  tokens: Tensor,
  path: AttentionPath,
  config: LlamaConfig,
): Tensor {
  const norm = (x: Tensor, name: string) => rmsNorm(graph, x, all[`${name}.weight`]!, config.normEpsilon);
  let x = embedTokens(graph, all, tokens, config); // (N, C)
  for (let i = 0; i < config.layers; i++) {
    const layer = layerName(i);
    const attended = selfAttention(graph, all, i, norm(x, `${layer}.input_layernorm`), path, config);
    x = add(graph, x, attended);
    const fed = gatedFeedForward(graph, all, i, norm(x, `${layer}.post_attention_layernorm`), config);
    x = add(graph, x, fed);
  }
  return norm(x, 'model.norm');
}

function fromHuggingFace(json: Record<string, unknown>): LlamaConfig {
  const config = new ConfigReader('llama', json);
  return {
    ...readLlamaKin(config, { paddingToken: null }),
    normEpsilon: config.epsilon('rms_norm_eps', 1e-6),
    mlpBias: config.boolean('mlp_bias', false),
  };
}

function toHuggingFace(config: LlamaConfig): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    ...llamaKinToHuggingFace(config),
    rms_norm_eps: config.normEpsilon,
    mlp_bias: config.mlpBias,
  };
}

export const llama: ModelFamily<LlamaConfig> = {
  name: 'llama',
  parameters,
  hidden,
  ...llamaKin,
  toHuggingFace,
  fromHuggingFace,
};
