/**
 * What Llama and its kin (OLMo, OLMo-2) share: names, sizes, grouped-query attention with rotary positions, a gated
 * MLP. Where they differ (norms, and what happens to q, k, v before they are cut into heads) is each family's own.
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { embedding } from '../ops/embedding.ts';
import { reshape } from '../ops/reshape.ts';
import { activationNames, activationToHuggingFace, gated, type Activation } from './activation.ts';
import type { AttentionPath } from './attention-path.ts';
import type { ConfigReader } from './config-reader.ts';
import type { ModelFamily, Parameters, ParameterSpec } from './family.ts';
import { project, projection, tokenMatrix, tokenRows } from './projection.ts';
import { rotaryOf, RotarySettings, rotaryToHuggingFace, type RotaryPositions } from './rotary-positions.ts';

export interface LlamaKinConfig extends RotaryPositions {
  readonly vocabularySize: number;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  /** K; every H / K query heads share one key/value head. */
  readonly keyHeads: number;
  readonly headSize: number;
  readonly feedForward: number;
  /** Of the gate. */
  readonly activation: Activation;
  readonly initializerRange: number;
  readonly tied: boolean;
  /** Of q, k, v and o together. */
  readonly attentionBias: boolean;
  /** Its row of the embedding gets no gradient as an input (torch's `padding_idx`); null where there is none. */
  readonly paddingToken: number | null;
  readonly contextLength: number;
}

const embeddingName = 'model.embed_tokens.weight';
const untiedHeadName = 'lm_head.weight';

export function layerName(layer: number): string {
  return `model.layers.${layer}`;
}

export function embeddingParameters(config: LlamaKinConfig): ParameterSpec[] {
  const { vocabularySize, width, initializerRange, tied } = config;
  return [tokenMatrix(embeddingName, [vocabularySize, width], initializerRange, { multiplied: tied })];
}

export function attentionParameters(config: LlamaKinConfig, layer: string): ParameterSpec[] {
  const { width: C, heads, keyHeads, headSize, attentionBias: bias, initializerRange: std } = config;
  const name = `${layer}.self_attn`;
  const [queries, keys] = [heads * headSize, keyHeads * headSize];
  return [
    ...projection(`${name}.q_proj`, [queries, C], { std, bias }),
    ...projection(`${name}.k_proj`, [keys, C], { std, bias }),
    ...projection(`${name}.v_proj`, [keys, C], { std, bias }),
    ...projection(`${name}.o_proj`, [C, queries], { std, bias }),
  ];
}

export function feedForwardParameters(config: LlamaKinConfig, layer: string, bias = false): ParameterSpec[] {
  const { width: C, feedForward: F, initializerRange: std } = config;
  return [
    ...projection(`${layer}.mlp.gate_proj`, [F, C], { std, bias }),
    ...projection(`${layer}.mlp.up_proj`, [F, C], { std, bias }),
    ...projection(`${layer}.mlp.down_proj`, [C, F], { std, bias }),
  ];
}

export function headParameters(config: LlamaKinConfig): ParameterSpec[] {
  if (config.tied) return [];
  const { vocabularySize, width, initializerRange } = config;
  return [tokenMatrix(untiedHeadName, [vocabularySize, width], initializerRange, { multiplied: true })];
}

/** tokens i32 (N): (N, C). */
export function embedTokens(
  graph: Graph,
  all: Parameters,
  tokens: Tensor,
  { paddingToken }: LlamaKinConfig,
): Tensor {
  return embedding(graph, tokens, tokenRows(all, embeddingName), paddingToken);
}

/** What a family does to q (N, H·D), k or v (N, K·D) before heads and rotation. */
export type Adjust = (projected: Tensor, part: 'q' | 'k' | 'v') => Tensor;

/** x (N, C) of one layer through attention and its output projection: (N, C). */
export function selfAttention(
  graph: Graph,
  all: Parameters,
  layer: number,
  x: Tensor,
  path: AttentionPath,
  config: LlamaKinConfig,
  adjust: Adjust = (projected) => projected,
): Tensor {
  const { heads, keyHeads, headSize } = config;
  const { batch, time } = path.shape;
  const name = `${layerName(layer)}.self_attn`;
  const cut = (part: 'q' | 'k' | 'v', count: number) =>
    reshape(graph, adjust(project(graph, all, `${name}.${part}_proj`, x), part), [
      batch,
      time,
      count,
      headSize,
    ]);
  const rotate = (part: Tensor) => path.rotary(graph, part, rotaryOf(config, headSize));
  const q = rotate(cut('q', heads)); // (B, T, H, D)
  const k = rotate(cut('k', keyHeads)); // (B, T, K, D)
  const v = cut('v', keyHeads);
  const mixed = path.attend(graph, layer, q, k, v, headSize ** -0.5); // (B, T, H, D)
  return project(graph, all, `${name}.o_proj`, reshape(graph, mixed, [x.shape[0]!, heads * headSize]));
}

/** down(activation(gate(x)) · up(x)), x (N, C): (N, C). */
export function gatedFeedForward(
  graph: Graph,
  all: Parameters,
  layer: number,
  x: Tensor,
  { activation }: LlamaKinConfig,
): Tensor {
  const name = `${layerName(layer)}.mlp`;
  const gate = project(graph, all, `${name}.gate_proj`, x); // (N, F)
  const up = project(graph, all, `${name}.up_proj`, x);
  return project(graph, all, `${name}.down_proj`, gated(graph, activation, gate, up));
}

/**
 * The part of `config.json` that the kin share, with the padding token that transformers assumes where there is no
 * `pad_token_id`. Throws naming the field that cannot be honoured.
 */
export function readLlamaKin(
  config: ConfigReader,
  { paddingToken }: { readonly paddingToken: number | null },
): LlamaKinConfig {
  const width = config.integer('hidden_size');
  const heads = config.integer('num_attention_heads');
  if (width % heads !== 0)
    throw config.error('num_attention_heads', heads, `a divisor of hidden_size ${width}`);
  const keyHeads = config.integer('num_key_value_heads', heads);
  if (heads % keyHeads !== 0)
    throw config.error('num_key_value_heads', keyHeads, `a divisor of ${heads} heads`);
  config.refuseForeign();
  const headSize = config.integer('head_dim', width / heads);
  if (headSize % 2 !== 0) throw config.error('head_dim', headSize, 'an even number: rotation is by pairs');
  const rotary = new RotarySettings(config);
  const fraction = rotary.fraction('partial_rotary_factor', 1);
  if (fraction !== 1) throw config.error('partial_rotary_factor', fraction, '1');
  const contextLength = config.integer('max_position_embeddings', 2048);
  const vocabularySize = config.integer('vocab_size');
  return {
    vocabularySize,
    layers: config.layers('num_hidden_layers'),
    width,
    heads,
    keyHeads,
    headSize,
    feedForward: config.integer('intermediate_size'),
    activation: config.choice('hidden_act', activationNames, 'silu'),
    rotaryBase: rotary.base('rope_theta'),
    rotaryScaling: rotary.scaling(contextLength),
    initializerRange: config.number('initializer_range', 0.02),
    tied: config.boolean('tie_word_embeddings', false),
    attentionBias: config.boolean('attention_bias', false),
    paddingToken: readPaddingToken(config, vocabularySize, paddingToken),
    contextLength,
  };
}

/** As torch.nn.Embedding takes it: from −V to V − 1, negative ones counted from the end. */
function readPaddingToken(
  config: ConfigReader,
  vocabularySize: number,
  fallback: number | null,
): number | null {
  const token = config.has('pad_token_id') ? config.numberOrNull('pad_token_id') : fallback;
  if (token === null) return null;
  if (!Number.isInteger(token) || token < -vocabularySize || token >= vocabularySize)
    throw config.error('pad_token_id', token, `a token of the vocabulary of ${vocabularySize}, or null`);
  return token < 0 ? token + vocabularySize : token;
}

/** The shared part of `config.json`. `headSize` goes out as `head_dim`, which all kin honour. */
export function llamaKinToHuggingFace(config: LlamaKinConfig): Record<string, unknown> {
  return {
    vocab_size: config.vocabularySize,
    hidden_size: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyHeads,
    head_dim: config.headSize,
    intermediate_size: config.feedForward,
    hidden_act: activationToHuggingFace(config.activation),
    ...rotaryToHuggingFace(config),
    initializer_range: config.initializerRange,
    tie_word_embeddings: config.tied,
    attention_bias: config.attentionBias,
    max_position_embeddings: config.contextLength,
    bos_token_id: 0,
    eos_token_id: 0,
    pad_token_id: config.paddingToken,
    torch_dtype: 'float32',
  };
}

/** What does not differ between the kin. */
export const llamaKin = {
  cacheShape: ({ layers, keyHeads, headSize }: LlamaKinConfig) => ({ layers, heads: keyHeads, headSize }),
  headName: ({ tied }: LlamaKinConfig) => (tied ? embeddingName : untiedHeadName),
} satisfies Partial<ModelFamily<LlamaKinConfig>>;
