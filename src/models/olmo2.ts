/**
 * OLMo-2: as Llama, with RMSNorm after attention and after the MLP instead of before, and RMSNorm of all of q and all
 * of k before they are cut into heads. As `transformers` 4/5 modeling_olmo2.
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

export interface Olmo2Config extends LlamaKinConfig {
  readonly normEpsilon: number;
}

function parameters(config: Olmo2Config): ParameterSpec[] {
  const { width, heads, keyHeads, headSize } = config;
  const norm = (name: string, size = width) => vector(`${name}.weight`, size, 1);
  const layers = Array.from({ length: config.layers }, (_, i) => layerName(i)).flatMap((layer) => [
    ...attentionParameters(config, layer),
    norm(`${layer}.self_attn.q_norm`, heads * headSize),
    norm(`${layer}.self_attn.k_norm`, keyHeads * headSize),
    ...feedForwardParameters(config, layer),
    norm(`${layer}.post_attention_layernorm`),
    norm(`${layer}.post_feedforward_layernorm`),
  ]);
  return [...embeddingParameters(config), ...layers, norm('model.norm'), ...headParameters(config)];
}

function hidden(
  graph: Graph,
  all: Parameters,
  tokens: Tensor,
  path: AttentionPath,
  config: Olmo2Config,
): Tensor {
  const norm = (x: Tensor, name: string) => rmsNorm(graph, x, all[`${name}.weight`]!, config.normEpsilon);
  let x = embedTokens(graph, all, tokens, config); // (N, C)
  for (let i = 0; i < config.layers; i++) {
    const layer = layerName(i);
    const attended = selfAttention(graph, all, i, x, path, config, (projected, part) =>
      part === 'v' ? projected : norm(projected, `${layer}.self_attn.${part}_norm`),
    );
    x = add(graph, x, norm(attended, `${layer}.post_attention_layernorm`));
    const fed = gatedFeedForward(graph, all, i, x, config);
    x = add(graph, x, norm(fed, `${layer}.post_feedforward_layernorm`));
  }
  return norm(x, 'model.norm');
}

function fromHuggingFace(json: Record<string, unknown>): Olmo2Config {
  const config = new ConfigReader('olmo2', json);
  config.refuseUnless('mlp_bias', [undefined, false]);
  config.refuseUnless('clip_qkv', [undefined]);
  return { ...readLlamaKin(config, { paddingToken: 1 }), normEpsilon: config.epsilon('rms_norm_eps', 1e-5) };
}

function toHuggingFace(config: Olmo2Config): Record<string, unknown> {
  return {
    architectures: ['Olmo2ForCausalLM'],
    model_type: 'olmo2',
    ...llamaKinToHuggingFace(config),
    rms_norm_eps: config.normEpsilon,
  };
}

export const olmo2: ModelFamily<Olmo2Config> = {
  name: 'olmo2',
  parameters,
  hidden,
  ...llamaKin,
  toHuggingFace,
  fromHuggingFace,
};
