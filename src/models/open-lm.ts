/**
 * OpenLM (open_lm 1B, 7B): fused projections split in thirds, gated MLP with gate and up in one matrix, layer norm.
 * As mlfoundations/open_lm model.py and params.py; the configuration is its model_configs/*.json, with
 * `model_type: "open_lm"` added.
 *
 * The released weights were trained with `head_rotary`, whose angle depends on the head alone and not on the position:
 * it turns q and k of a head alike, leaves q·k as it was, and so is no positional encoding at all.
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add } from '../ops/add.ts';
import { embedding } from '../ops/embedding.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { reshape } from '../ops/reshape.ts';
import { rmsNorm } from '../ops/rms-norm.ts';
import { swigluFused } from '../ops/swiglu-fused.ts';
import type { AttentionPath } from './attention-path.ts';
import { ConfigReader } from './config-reader.ts';
import type { ModelFamily, Parameters, ParameterSpec } from './family.ts';
import { matrix, project, tokenMatrix, tokenRows, vector } from './projection.ts';

export interface OpenLmConfig {
  readonly vocabularySize: number;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly positions: Positions;
  readonly norm: Norm;
  /** Norms of all of q and all of k before they are cut into heads. */
  readonly qkNorm: boolean;
  /** A norm between embedding and first layer. */
  readonly embeddingNorm: boolean;
  readonly tied: boolean;
  readonly contextLength: number;
}

/** `positional_embedding_type`. */
type Positions = 'none' | 'head_rotary' | 'rotary';

interface Norm {
  /** `model_norm`. */
  readonly name: string;
  readonly rms: boolean;
  readonly weight: boolean;
  readonly bias: boolean;
}

const norms: Readonly<Record<string, Norm>> = Object.fromEntries(
  [
    { name: 'default_layer_norm', rms: false, weight: true, bias: true },
    { name: 'lp_layer_norm', rms: false, weight: true, bias: true },
    { name: 'gain_only_layer_norm', rms: false, weight: true, bias: false },
    { name: 'gain_only_lp_layer_norm', rms: false, weight: true, bias: false },
    { name: 'no_wb_layer_norm', rms: false, weight: false, bias: false },
    { name: 'rms_norm', rms: true, weight: true, bias: false },
  ].map((norm) => [norm.name, norm]),
);

// Constants of the released definition that no config says.
const normEpsilon = 1e-5;
const rotaryBase = 10_000;

/** 8/3 of the width, up to a multiple of 256. */
function feedForwardSize(width: number): number {
  return 256 * Math.ceil(Math.floor((8 * width) / 3) / 256);
}

function normParameters(name: string, { width, norm }: OpenLmConfig): ParameterSpec[] {
  const weight = norm.weight ? [vector(`${name}.weight`, width, 1)] : [];
  return norm.bias ? [...weight, vector(`${name}.bias`, width, 0)] : weight;
}

function layerParameters(config: OpenLmConfig, index: number): ParameterSpec[] {
  const { width: C } = config;
  const F = feedForwardSize(C);
  const layer = `layers.${index}`;
  const depth = Math.sqrt(2 * (index + 1));
  const std = C ** -0.5;
  const norm = (name: string) => normParameters(`${layer}.${name}`, config);
  return [
    matrix(`${layer}.attention.in_proj.weight`, [3 * C, C], std),
    matrix(`${layer}.attention.out_proj.weight`, [C, C], std / depth),
    ...(config.qkNorm ? [...norm('attention.q_norm'), ...norm('attention.k_norm')] : []),
    matrix(`${layer}.feed_forward.w12.weight`, [2 * F, C], std),
    matrix(`${layer}.feed_forward.w3.weight`, [C, F], F ** -0.5 / depth),
    ...norm('attention_norm'),
    ...norm('ffn_norm'),
  ];
}

function parameters(config: OpenLmConfig): ParameterSpec[] {
  const { vocabularySize: V, width: C } = config;
  return [
    ...(config.embeddingNorm ? normParameters('post_embed_norm', config) : []),
    tokenMatrix('tok_embeddings.weight', [V, C], C ** -0.5, { multiplied: config.tied }),
    ...Array.from({ length: config.layers }, (_, index) => layerParameters(config, index)).flat(),
    ...normParameters('norm', config),
    ...(config.tied ? [] : [tokenMatrix('output.weight', [V, C], C ** -0.5, { multiplied: true })]),
  ];
}

function hidden(
  graph: Graph,
  all: Parameters,
  tokens: Tensor,
  path: AttentionPath,
  config: OpenLmConfig,
): Tensor {
  const norm = (x: Tensor, name: string) => normalize(graph, all, name, x, config);
  let x = embedding(graph, tokens, tokenRows(all, 'tok_embeddings.weight')); // (N, C)
  if (config.embeddingNorm) x = norm(x, 'post_embed_norm');
  for (let i = 0; i < config.layers; i++) {
    const layer = `layers.${i}`;
    x = add(graph, x, attention(graph, all, i, norm(x, `${layer}.attention_norm`), path, config));
    const fused = project(graph, all, `${layer}.feed_forward.w12`, norm(x, `${layer}.ffn_norm`)); // (N, 2F)
    x = add(graph, x, project(graph, all, `${layer}.feed_forward.w3`, swigluFused(graph, fused)));
  }
  return norm(x, 'norm');
}

function attention(
  graph: Graph,
  all: Parameters,
  layer: number,
  x: Tensor, // (N, C)
  path: AttentionPath,
  config: OpenLmConfig,
): Tensor {
  const { heads, width } = config;
  const headSize = width / heads;
  const name = `layers.${layer}.attention`;
  const rotary = { rotaryDimensions: config.positions === 'rotary' ? headSize : 0, rotaryBase };
  const fused = project(graph, all, `${name}.in_proj`, x); // (N, 3C)
  const cut = { heads, headSize, layout: 'thirds' as const, rotaryBase };
  // Norms of q and k come between the cut and the rotation: then these are two passes instead of one.
  const inOnePass = config.qkNorm ? 0 : rotary.rotaryDimensions;
  const [q, k, v] = path.splitQkv(graph, fused, { ...cut, rotaryDimensions: inOnePass });
  const normed = (part: Tensor, norm: string) => {
    if (!config.qkNorm) return part;
    const rows = reshape(graph, part, x.shape);
    const heads = reshape(graph, normalize(graph, all, `${name}.${norm}`, rows, config), part.shape);
    return config.positions === 'rotary' ? path.rotary(graph, heads, rotary) : heads;
  };
  const scale = headSize ** -0.5;
  const mixed = path.attend(graph, layer, normed(q, 'q_norm'), normed(k, 'k_norm'), v, scale); // (B, T, H, D)
  return project(graph, all, `${name}.out_proj`, reshape(graph, mixed, x.shape));
}

function normalize(
  graph: Graph,
  all: Parameters,
  name: string,
  x: Tensor, // (N, C)
  { norm }: OpenLmConfig,
): Tensor {
  const weight = all[`${name}.weight`] ?? null;
  if (norm.rms) return rmsNorm(graph, x, weight, normEpsilon);
  return layerNorm(graph, x, weight, all[`${name}.bias`] ?? null, normEpsilon);
}

function fromHuggingFace(json: Record<string, unknown>): OpenLmConfig {
  const config = new ConfigReader('open_lm', json);
  const width = config.integer('hidden_dim');
  const heads = config.integer('n_heads');
  if (width % heads !== 0) throw config.error('n_heads', heads, `a divisor of hidden_dim ${width}`);
  config.refuseUnless('ffn_type', [undefined, 'swiglu', 'swiglu_torch']);
  config.refuseUnless('moe_freq', [undefined, 0]);
  const positions = { none: 'none', head_rotary: 'head_rotary', rotary: 'rotary' } as const;
  const chosen: Positions = config.choice<Positions>('positional_embedding_type', positions, 'head_rotary');
  if (chosen === 'rotary' && (width / heads) % 2 !== 0)
    throw config.error('n_heads', heads, 'heads of an even size: rotation is by pairs');
  return {
    vocabularySize: config.integer('vocab_size'),
    layers: config.layers('n_layers'),
    width,
    heads,
    positions: chosen,
    norm: config.choice('model_norm', norms, 'default_layer_norm'),
    qkNorm: config.boolean('qk_norm', false),
    embeddingNorm: config.boolean('post_embed_norm', false),
    tied: config.boolean('weight_tying', false),
    contextLength: config.integer('seq_len', 2048),
  };
}

function toHuggingFace(config: OpenLmConfig): Record<string, unknown> {
  return {
    model_type: 'open_lm',
    hidden_dim: config.width,
    n_layers: config.layers,
    n_heads: config.heads,
    seq_len: config.contextLength,
    vocab_size: config.vocabularySize,
    post_embed_norm: config.embeddingNorm,
    weight_tying: config.tied,
    qk_norm: config.qkNorm,
    ffn_type: 'swiglu',
    model_norm: config.norm.name,
    positional_embedding_type: config.positions,
  };
}

export const openLm: ModelFamily<OpenLmConfig> = {
  name: 'open_lm',
  parameters,
  hidden,
  cacheShape: ({ layers, heads, width }) => ({ layers, heads, headSize: width / heads }),
  headName: ({ tied }) => (tied ? 'tok_embeddings.weight' : 'output.weight'),
  toHuggingFace,
  fromHuggingFace,
};
