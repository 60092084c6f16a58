/**
 * Models of AI2's own library (`model_type` hf_olmo, in 2023 olmo: OLMo-1B and 7B, DataDecide's trajectories, Paloma's
 * baselines), in which q, k and v, and up and gate, are one matrix each. What they compute is transformers' OLMo, OLMo-2
 * or Llama, by their norms. As allenai/OLMo olmo/config.py, olmo/model.py, scripts/convert_olmo_to_hf_new.py.
 */
import { ConfigReader } from '../models/config-reader.ts';
import type { ParameterSpec } from '../models/family.ts';
import type { Config, Holding, PublishedForm } from './published-form.ts';

/** Fields whose other values no family here computes; those that a config leaves out are what the library assumes. */
const accepted: Readonly<Record<string, readonly unknown[]>> = {
  activation_type: ['swiglu', undefined],
  alibi: [false, undefined],
  block_group_size: [1, undefined],
  block_type: ['sequential', undefined],
  embedding_dropout: [0, undefined],
  embedding_layer_norm: [false, undefined],
  include_bias: [false],
  bias_for_layer_norm: [false, undefined],
  residual_dropout: [0, undefined],
  rope: [true],
  scale_logits: [false, undefined],
};

/** Of the tensor outside the layers, or of a layer, that holds a parameter: name → what it is called here, in order. */
const outer: Readonly<Record<string, readonly string[]>> = {
  wte: ['model.embed_tokens'],
  ln_f: ['model.norm'],
  ff_out: ['lm_head'],
};
const attention = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'];
const inLayer = (normAfter: boolean): Readonly<Record<string, readonly string[]>> => ({
  att_proj: attention,
  attn_out: ['self_attn.o_proj'],
  ff_proj: ['mlp.up_proj', 'mlp.gate_proj'],
  ff_out: ['mlp.down_proj'],
  q_norm: ['self_attn.q_norm'],
  k_norm: ['self_attn.k_norm'],
  attn_norm: [normAfter ? 'post_attention_layernorm' : 'input_layernorm'],
  ff_norm: [normAfter ? 'post_feedforward_layernorm' : 'post_attention_layernorm'],
});

function translate(json: Config): Config {
  const config = new ConfigReader('hf_olmo', json);
  for (const [field, values] of Object.entries(accepted)) config.refuseUnless(field, values);
  const width = config.integer('d_model');
  const heads = config.integer('n_heads');
  const wide = config.numberOrNull('mlp_hidden_size') ?? width * config.integer('mlp_ratio', 4);
  const rows = config.numberOrNull('embedding_size') ?? config.integer('vocab_size');
  return {
    ...kindOf(config),
    vocab_size: rows,
    hidden_size: width,
    num_hidden_layers: config.integer('n_layers'),
    num_attention_heads: heads,
    num_key_value_heads: keyHeads(config, json, heads),
    // Up and gate together.
    intermediate_size: wide / 2,
    hidden_act: 'silu',
    max_position_embeddings: config.integer('max_sequence_length', 1024),
    rope_theta: config.number('rope_theta', 10_000),
    tie_word_embeddings: config.boolean('weight_tying', true),
    attention_bias: false,
    attention_dropout: json.attention_dropout ?? 0,
    bos_token_id: null,
    eos_token_id: json.eos_token_id ?? null,
    pad_token_id: json.pad_token_id ?? null,
    ...(json.torch_dtype !== undefined && { torch_dtype: json.torch_dtype }),
  };
}

/** The family, by where norms stand and what they have; with the fields that are its own. */
function kindOf(config: ConfigReader): Config {
  const rms = config.choice(
    'layer_norm_type',
    { default: false, low_precision: false, rms: true },
    'default',
  );
  const clip = config.numberOrNull('clip_qkv');
  const epsilon = config.number('layer_norm_eps', 1e-5);
  const after = config.boolean('norm_after', false);
  const ofHeads = config.boolean('attention_layer_norm', false);
  const affine = config.boolean('layer_norm_with_affine', true);
  if (rms) {
    if (!affine) throw config.error('layer_norm_with_affine', affine, 'true beside layer_norm_type rms');
    if (clip !== null) throw config.error('clip_qkv', clip, 'null beside layer_norm_type rms');
    config.refuseUnless('attention_layer_norm_with_affine', [true, undefined]);
    if (ofHeads !== after)
      throw config.error(
        'attention_layer_norm',
        ofHeads,
        `${after}, as norm_after is: OLMo-2 has both, Llama neither`,
      );
    return after
      ? { architectures: ['Olmo2ForCausalLM'], model_type: 'olmo2', rms_norm_eps: epsilon }
      : { architectures: ['LlamaForCausalLM'], model_type: 'llama', rms_norm_eps: epsilon };
  }
  if (affine)
    throw config.error('layer_norm_with_affine', affine, 'false: layer norms of OLMo have no parameters');
  if (after) throw config.error('norm_after', after, 'false beside layer norms without parameters');
  if (ofHeads)
    throw config.error('attention_layer_norm', ofHeads, 'false beside layer norms without parameters');
  if (epsilon !== 1e-5) throw config.error('layer_norm_eps', epsilon, '1e-5, which OLMo has in its code');
  return { architectures: ['OlmoForCausalLM'], model_type: 'olmo', clip_qkv: clip };
}

/** `multi_query_attention` is the older word for one head of keys; where both are there they must agree. */
function keyHeads(config: ConfigReader, { multi_query_attention: older }: Config, heads: number): number {
  const stated = config.numberOrNull('n_kv_heads');
  if ((older ?? null) === null) return stated ?? heads;
  const meant = config.boolean('multi_query_attention', false) ? 1 : heads;
  if (stated !== null && stated !== meant)
    throw config.error('n_kv_heads', stated, `${meant}, as multi_query_attention says, or that left out`);
  return meant;
}

function holdings(parameters: readonly ParameterSpec[]): Holding[] {
  const specs = new Map(parameters.map((spec) => [spec.name, spec]));
  const take = (name: string, parts: readonly string[]): Holding[] => {
    const found = parts.flatMap((part) => specs.get(`${part}.weight`) ?? []);
    return found.length === 0 ? [] : [{ name: `transformer.${name}.weight`, parts: found }];
  };
  const layers = new Set(parameters.flatMap(({ name }) => /^model\.layers\.(\d+)\./.exec(name)?.[1] ?? []));
  const normAfter = specs.has('model.layers.0.post_feedforward_layernorm.weight');
  return [
    ...Object.entries(outer).flatMap(([name, parts]) => take(name, parts)),
    ...[...layers].flatMap((layer) =>
      Object.entries(inLayer(normAfter)).flatMap(([name, parts]) =>
        take(
          `blocks.${layer}.${name}`,
          parts.map((part) => `model.layers.${layer}.${part}`),
        ),
      ),
    ),
  ];
}

export const hfOlmo: PublishedForm = {
  owns: ({ model_type: type, d_model: width }) =>
    type === 'hf_olmo' || (type === 'olmo' && width !== undefined),
  translate,
  bareName: (name) => name.replace(/^model\.(?=transformer\.)/, ''),
  holdings,
};
