/**
 * GPT-NeoX (Pythia, PolyPythias, RedPajama-INCITE): LayerNorm with bias, fused per-head QKV, rotary on a fraction of
 * the head, attention and MLP in parallel or in sequence. As `transformers` 4/5 modeling_gpt_neox.
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add } from '../ops/add.ts';
import { embedding } from '../ops/embedding.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { reshape } from '../ops/reshape.ts';
import { activate, activationNames, activationToHuggingFace, type Activation } from './activation.ts';
import type { AttentionPath } from './attention-path.ts';
import type { ModelFamily, Parameters, ParameterSpec } from './family.ts';
import { ConfigReader } from './config-reader.ts';
import { project, projection, tokenMatrix, tokenRows, vector } from './projection.ts';
import { rotaryOf, RotarySettings, type RotaryPositions } from './rotary-positions.ts';

export interface GptNeoXConfig extends RotaryPositions {
  readonly vocabularySize: number;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly rotaryFraction: number;
  readonly parallelResidual: boolean;
  readonly layerNormEpsilon: number;
  readonly initializerRange: number;
  readonly tied: boolean;
  readonly attentionBias: boolean;
  readonly activation: Activation;
  readonly contextLength: number;
}

const prefix = 'gpt_neox';

function parameters(config: GptNeoXConfig): ParameterSpec[] {
  const { width: C, feedForward: F, vocabularySize: V, initializerRange: std } = config;
  const norm = (name: string) => [vector(`${name}.weight`, C, 1), vector(`${name}.bias`, C, 0)];
  const specs = [tokenMatrix(`${prefix}.embed_in.weight`, [V, C], std, { multiplied: config.tied })];
  for (let i = 0; i < config.layers; i++) {
    const layer = `${prefix}.layers.${i}`;
    specs.push(...norm(`${layer}.input_layernorm`), ...norm(`${layer}.post_attention_layernorm`));
    const biased = { std, bias: config.attentionBias };
    specs.push(
      ...projection(`${layer}.attention.query_key_value`, [3 * C, C], biased),
      ...projection(`${layer}.attention.dense`, [C, C], biased),
      ...projection(`${layer}.mlp.dense_h_to_4h`, [F, C], { std, bias: true }),
      ...projection(`${layer}.mlp.dense_4h_to_h`, [C, F], { std, bias: true }),
    );
  }
  specs.push(...norm(`${prefix}.final_layer_norm`));
  if (!config.tied) specs.push(tokenMatrix('embed_out.weight', [V, C], std, { multiplied: true }));
  return specs;
}

function hidden(
  graph: Graph,
  all: Parameters,
  tokens: Tensor,
  path: AttentionPath,
  config: GptNeoXConfig,
): Tensor {
  const norm = (x: Tensor, name: string) =>
    layerNorm(graph, x, all[`${name}.weight`]!, all[`${name}.bias`]!, config.layerNormEpsilon);
  let x = embedding(graph, tokens, tokenRows(all, `${prefix}.embed_in.weight`)); // (N, C)
  for (let i = 0; i < config.layers; i++) {
    const layer = `${prefix}.layers.${i}`;
    const attended = attention(graph, all, i, norm(x, `${layer}.input_layernorm`), path, config);
    const between = config.parallelResidual ? x : add(graph, x, attended);
    const fed = feedForward(graph, all, layer, norm(between, `${layer}.post_attention_layernorm`), config);
    x = config.parallelResidual ? add(graph, add(graph, x, attended), fed) : add(graph, between, fed);
  }
  return norm(x, `${prefix}.final_layer_norm`);
}

function attention(
  graph: Graph,
  all: Parameters,
  layer: number,
  x: Tensor, // (N, C)
  path: AttentionPath,
  config: GptNeoXConfig,
): Tensor {
  const { heads, width } = config;
  const headSize = width / heads;
  const name = `${prefix}.layers.${layer}.attention`;
  const fused = project(graph, all, `${name}.query_key_value`, x); // (N, 3C)
  const [q, k, v] = path.splitQkv(graph, fused, {
    heads,
    headSize,
    layout: 'per-head',
    ...rotaryOf(config, rotarySize(config)),
  });
  const mixed = path.attend(graph, layer, q, k, v, headSize ** -0.5); // (B, T, H, D)
  return project(graph, all, `${name}.dense`, reshape(graph, mixed, [x.shape[0]!, width]));
}

function feedForward(graph: Graph, all: Parameters, layer: string, x: Tensor, config: GptNeoXConfig): Tensor {
  const wide = project(graph, all, `${layer}.mlp.dense_h_to_4h`, x); // (N, F)
  return project(graph, all, `${layer}.mlp.dense_4h_to_h`, activate(graph, config.activation, wide));
}

/** Rotated dimensions per head: `int(head size × fraction)`, as transformers rounds. */
function rotarySize({
  width,
  heads,
  rotaryFraction,
}: Pick<GptNeoXConfig, 'width' | 'heads' | 'rotaryFraction'>) {
  return Math.floor((width / heads) * rotaryFraction);
}

function fromHuggingFace(json: Record<string, unknown>): GptNeoXConfig {
  const config = new ConfigReader('gpt_neox', json);
  const width = config.integer('hidden_size');
  const heads = config.integer('num_attention_heads');
  if (width % heads !== 0)
    throw config.error('num_attention_heads', heads, `a divisor of hidden_size ${width}`);
  config.refuseForeign();
  const rotary = new RotarySettings(config);
  const rotaryFraction = rotary.fraction('rotary_pct', 0.25);
  const rotated = rotarySize({ width, heads, rotaryFraction });
  // Pairs: an odd number takes one dimension more, which must be there.
  if (rotated % 2 !== 0 && rotated === width / heads)
    throw config.error('rotary_pct', rotaryFraction, `an even part of heads of ${width / heads}`);
  const contextLength = config.integer('max_position_embeddings', 2048);
  return {
    vocabularySize: config.integer('vocab_size'),
    layers: config.layers('num_hidden_layers'),
    width,
    heads,
    feedForward: config.integer('intermediate_size'),
    rotaryFraction,
    rotaryBase: rotary.base('rotary_emb_base'),
    rotaryScaling: rotary.scaling(contextLength),
    parallelResidual: config.boolean('use_parallel_residual', true),
    layerNormEpsilon: config.epsilon('layer_norm_eps', 1e-5),
    initializerRange: config.number('initializer_range', 0.02),
    tied: config.boolean('tie_word_embeddings', false),
    attentionBias: config.boolean('attention_bias', true),
    activation: config.choice('hidden_act', activationNames, 'gelu'),
    contextLength,
  };
}

function toHuggingFace(config: GptNeoXConfig): Record<string, unknown> {
  return {
    architectures: ['GPTNeoXForCausalLM'],
    model_type: 'gpt_neox',
    vocab_size: config.vocabularySize,
    hidden_size: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.feedForward,
    hidden_act: activationToHuggingFace(config.activation),
    rotary_pct: config.rotaryFraction,
    rotary_emb_base: config.rotaryBase,
    rope_scaling: config.rotaryScaling,
    use_parallel_residual: config.parallelResidual,
    layer_norm_eps: config.layerNormEpsilon,
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tied,
    attention_bias: config.attentionBias,
    max_position_embeddings: config.contextLength,
    bos_token_id: 0,
    eos_token_id: 0,
    torch_dtype: 'float32',
  };
}

export const gptNeoX: ModelFamily<GptNeoXConfig> = {
  name: 'gpt_neox',
  parameters,
  hidden,
  cacheShape: ({ layers, heads, width }) => ({ layers, heads, headSize: width / heads }),
  headName: (config) => (config.tied ? `${prefix}.embed_in.weight` : 'embed_out.weight'),
  toHuggingFace,
  fromHuggingFace,
};
