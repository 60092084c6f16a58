/** Tiny models of every family and of what their configs can say, in config.json's own words. */

export interface TinyModel {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const neox = {
  model_type: 'gpt_neox',
  vocab_size: 37,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 50,
  initializer_range: 0.08,
  max_position_embeddings: 64,
};
const kin = {
  vocab_size: 37,
  hidden_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 42,
  initializer_range: 0.08,
  max_position_embeddings: 64,
};
const openLm = {
  model_type: 'open_lm',
  vocab_size: 37,
  hidden_dim: 12,
  n_layers: 2,
  n_heads: 3,
  seq_len: 64,
};

export const tinyModels: readonly TinyModel[] = [
  { name: 'gpt_neox, parallel', config: neox },
  { name: 'gpt_neox, sequential', config: { ...neox, use_parallel_residual: false, rotary_pct: 1 } },
  {
    name: 'gpt_neox, rotary on an odd size, relu',
    config: {
      ...neox,
      hidden_size: 33,
      rotary_pct: 0.5,
      hidden_act: 'relu',
      rope_scaling: { rope_type: 'linear', factor: 2 },
    },
  },
  { name: 'llama', config: { ...kin, model_type: 'llama' } },
  {
    name: 'llama, stretched positions, gelu',
    config: {
      ...kin,
      model_type: 'llama',
      hidden_act: 'gelu_new',
      rope_scaling: {
        rope_type: 'llama3',
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 16,
      },
    },
  },
  {
    name: 'llama, grouped queries, tied',
    config: {
      ...kin,
      model_type: 'llama',
      num_attention_heads: 4,
      num_key_value_heads: 2,
      tie_word_embeddings: true,
    },
  },
  {
    name: 'llama, one key head, wide heads, biases',
    config: {
      ...kin,
      model_type: 'llama',
      num_key_value_heads: 1,
      head_dim: 10,
      attention_bias: true,
      mlp_bias: true,
      rope_theta: 500,
      rms_norm_eps: 1e-3,
      pad_token_id: -1,
    },
  },
  { name: 'olmo', config: { ...kin, model_type: 'olmo', tie_word_embeddings: true } },
  { name: 'olmo, clipped', config: { ...kin, model_type: 'olmo', clip_qkv: 0.3, attention_bias: true } },
  { name: 'olmo2', config: { ...kin, model_type: 'olmo2' } },
  {
    name: 'olmo2, grouped queries, tied',
    config: {
      ...kin,
      model_type: 'olmo2',
      num_attention_heads: 4,
      num_key_value_heads: 2,
      tie_word_embeddings: true,
      attention_bias: true,
    },
  },
  { name: 'open_lm as released', config: openLm },
  {
    name: 'open_lm, rotary, norms everywhere, tied',
    config: {
      ...openLm,
      positional_embedding_type: 'rotary',
      qk_norm: true,
      post_embed_norm: true,
      model_norm: 'gain_only_lp_layer_norm',
      weight_tying: true,
    },
  },
  {
    name: 'open_lm, rms, rotary',
    config: { ...openLm, model_norm: 'rms_norm', positional_embedding_type: 'rotary' },
  },
];
