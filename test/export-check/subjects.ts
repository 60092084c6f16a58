/** The models that are exported and read back: trained from random weights, or published, imported and tuned. */
import type { Json } from '../../src/checkpoints/manifest.ts';
import { llamaTokenizer } from '../tokenizers/llama-tokenizer.ts';

/** One of these. */
export interface Subject {
  /** Of a `pretrain` spec. */
  readonly model?: Readonly<Record<string, unknown>>;
  readonly published?: Published;
  /** A real model's folder, imported and tuned. */
  readonly folder?: string;
}

/** A repository to import, with made weights of what its config asks for. */
export interface Published {
  readonly config: Readonly<Record<string, Json>>;
  /** Before all names of tensors. */
  readonly prefix?: string;
  readonly dtype?: 'F32' | 'BF16';
  /** tokenizer.json; a byte-level one, trained for it, where left out. */
  readonly tokenizer?: object;
  /** Other files of the repository. */
  readonly files?: Readonly<Record<string, object>>;
  /** Whether it is fine-tuned before it is exported. */
  readonly tuned: boolean;
}

const small = { layers: 2, width: 48, heads: 2 };
const rows = 310; // more than the tokenizer has, as published embeddings do
const sizes = { vocab_size: rows, num_hidden_layers: 2, intermediate_size: 58, max_position_embeddings: 64 };
const heads = { hidden_size: 32, num_attention_heads: 4 };

/** As AI2's own library saves a model. */
const hfOlmo = {
  model_type: 'hf_olmo',
  d_model: 32,
  n_heads: 4,
  n_layers: 2,
  mlp_ratio: 3,
  max_sequence_length: 64,
  vocab_size: 300,
  embedding_size: rows,
  include_bias: false,
  rope: true,
  eos_token_id: 0,
  pad_token_id: 1,
  torch_dtype: 'float32',
};

const llamaSpecials = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' };
const startsWithBos = {
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
  special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
};

export const subjects: Readonly<Record<string, Subject>> = {
  'gpt-neox-parallel': { model: { family: 'gpt_neox', ...small } },
  'gpt-neox-sequential': {
    model: { family: 'gpt_neox', ...small, parallelResidual: false, rotaryFraction: 1, tied: true },
  },
  'llama-grouped': { model: { family: 'llama', ...small, heads: 6, keyHeads: 2 } },
  'llama-tied': { model: { family: 'llama', ...small, tied: true, rotaryBase: 500 } },
  // As Pythia's files are: halves, in the words of transformers 5.
  'pythia-tuned': {
    published: {
      dtype: 'BF16',
      tuned: true,
      config: {
        ...sizes,
        ...heads,
        architectures: ['GPTNeoXForCausalLM'],
        model_type: 'gpt_neox',
        dtype: 'bfloat16',
        hidden_act: 'gelu',
        rope_parameters: { rope_type: 'default', rope_theta: 10_000, partial_rotary_factor: 0.25 },
        bos_token_id: 0,
        eos_token_id: 0,
        transformers_version: '5.0.0',
      },
    },
  },
  'pythia-as-it-came': {
    published: {
      dtype: 'BF16',
      tuned: false,
      config: {
        ...sizes,
        ...heads,
        architectures: ['GPTNeoXForCausalLM'],
        model_type: 'gpt_neox',
        torch_dtype: 'bfloat16',
        rotary_pct: 0.25,
        rotary_emb_base: 5000,
        use_parallel_residual: true,
        bos_token_id: 0,
        eos_token_id: 0,
      },
    },
  },
  // As an instructed Llama 3: stretched positions, several ends, biases, heads of their own size, a chat template.
  'llama-instructed': {
    published: {
      tuned: true,
      config: {
        ...sizes,
        ...heads,
        architectures: ['LlamaForCausalLM'],
        model_type: 'llama',
        num_key_value_heads: 2,
        head_dim: 24,
        attention_bias: true,
        mlp_bias: true,
        rms_norm_eps: 1e-3,
        rope_theta: 1000,
        rope_scaling: {
          rope_type: 'llama3',
          factor: 8,
          low_freq_factor: 1,
          high_freq_factor: 4,
          original_max_position_embeddings: 32,
        },
        tie_word_embeddings: true,
        bos_token_id: 3,
        eos_token_id: [0, 5],
        torch_dtype: 'float32',
        auto_map: { AutoModelForCausalLM: 'modeling_own.OwnForCausalLM' },
      },
      files: {
        'generation_config.json': {
          bos_token_id: 3,
          eos_token_id: [0, 5],
          do_sample: true,
          temperature: 0.6,
          top_p: 0.9,
        },
        'tokenizer_config.json': {
          eos_token: '<|endoftext|>',
          chat_template: "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}",
        },
      },
    },
  },
  // As TinyLlama: a tokenizer of characters and bytes, which begins texts with <s>.
  'tinyllama-tuned': {
    published: {
      tuned: true,
      tokenizer: { version: '1.0', ...llamaTokenizer, post_processor: startsWithBos },
      config: {
        ...sizes,
        ...heads,
        vocab_size: 460,
        architectures: ['LlamaForCausalLM'],
        model_type: 'llama',
        num_key_value_heads: 1,
        rms_norm_eps: 1e-5,
        rope_scaling: null,
        tie_word_embeddings: false,
        bos_token_id: 1,
        eos_token_id: 2,
        torch_dtype: 'float32',
      },
      files: { 'special_tokens_map.json': llamaSpecials, 'tokenizer_config.json': llamaSpecials },
    },
  },
  'olmo-tuned': {
    published: {
      tuned: true,
      config: {
        ...sizes,
        ...heads,
        architectures: ['OlmoForCausalLM'],
        model_type: 'olmo',
        attention_bias: false,
        clip_qkv: 0.5,
        num_key_value_heads: 4,
        eos_token_id: 0,
        pad_token_id: 1,
        rope_theta: 10_000,
        tie_word_embeddings: true,
        torch_dtype: 'float32',
      },
    },
  },
  'olmo2-tuned': {
    published: {
      tuned: true,
      config: {
        ...sizes,
        ...heads,
        architectures: ['Olmo2ForCausalLM'],
        model_type: 'olmo2',
        num_key_value_heads: 2,
        eos_token_id: 0,
        pad_token_id: 7,
        rms_norm_eps: 1e-6,
        rope_theta: 500_000,
        tie_word_embeddings: false,
        torch_dtype: 'float32',
      },
    },
  },
  'hf-olmo-tuned': {
    published: {
      tuned: true,
      prefix: 'model.',
      config: { ...hfOlmo, layer_norm_with_affine: false, weight_tying: true, clip_qkv: 1 },
    },
  },
  'datadecide-tuned': {
    published: {
      tuned: true,
      prefix: 'model.',
      config: { ...hfOlmo, layer_norm_type: 'rms', layer_norm_eps: 1e-6, weight_tying: false },
    },
  },
  'stories260k-tuned': { folder: '../shared/data/stories260k' },
  'open-lm-tuned': {
    published: {
      tuned: true,
      config: {
        model_type: 'open_lm',
        hidden_dim: 32,
        n_layers: 2,
        n_heads: 4,
        seq_len: 64,
        vocab_size: rows,
        post_embed_norm: false,
        weight_tying: false,
        qk_norm: true,
        ffn_type: 'swiglu',
        model_norm: 'default_layer_norm',
        positional_embedding_type: 'rotary',
      },
    },
  },
};
