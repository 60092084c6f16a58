import { describe, expect, it } from 'vitest';
import { families, findFamily } from '../../src/models/index.ts';
import { layoutParameters } from '../../src/models/parameter-layout.ts';
import { tinyModels } from './tiny-models.ts';

function read(json: Readonly<Record<string, unknown>>) {
  const family = findFamily(String(json.model_type));
  return { family, config: family.fromHuggingFace(json) };
}

function parametersOf(json: Readonly<Record<string, unknown>>) {
  const { family, config } = read(json);
  return family.parameters(config);
}

const pythia = (width: number, layers: number, heads: number) => ({
  model_type: 'gpt_neox',
  vocab_size: 50304,
  hidden_size: width,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  intermediate_size: 4 * width,
});
const olmo1b = {
  vocab_size: 50304,
  hidden_size: 2048,
  num_hidden_layers: 16,
  num_attention_heads: 16,
  num_key_value_heads: 16,
  intermediate_size: 8192,
};

describe('the parameters of published models', () => {
  it.each([
    { name: 'pythia-14m', count: 14_067_712, config: pythia(128, 6, 4) },
    { name: 'pythia-160m', count: 162_322_944, config: pythia(768, 12, 12) },
    {
      name: 'SmolLM2-135M',
      count: 134_515_008,
      config: {
        model_type: 'llama',
        vocab_size: 49152,
        hidden_size: 576,
        num_hidden_layers: 30,
        num_attention_heads: 9,
        num_key_value_heads: 3,
        head_dim: 64,
        intermediate_size: 1536,
        tie_word_embeddings: true,
        rope_interleaved: false,
      },
    },
    {
      name: 'TinyLlama-1.1B',
      count: 1_100_048_384,
      config: {
        model_type: 'llama',
        vocab_size: 32000,
        hidden_size: 2048,
        num_hidden_layers: 22,
        num_attention_heads: 32,
        num_key_value_heads: 4,
        intermediate_size: 5632,
        pretraining_tp: 1,
        rope_scaling: null,
      },
    },
    {
      name: 'Amber-7B',
      count: 6_738_415_616,
      config: {
        model_type: 'llama',
        vocab_size: 32000,
        hidden_size: 4096,
        num_hidden_layers: 32,
        num_attention_heads: 32,
        intermediate_size: 11008,
      },
    },
    {
      name: 'OLMo-1B-hf',
      count: 1_176_764_416,
      config: { ...olmo1b, model_type: 'olmo', tie_word_embeddings: true, clip_qkv: null },
    },
    { name: 'OLMo-1B-0724-hf', count: 1_279_787_008, config: { ...olmo1b, model_type: 'olmo', clip_qkv: 8 } },
    {
      name: 'OLMo-2-0425-1B',
      count: 1_484_916_736,
      config: { ...olmo1b, model_type: 'olmo2', vocab_size: 100352, rms_norm_eps: 1e-6, rope_theta: 5e5 },
    },
  ])('are $count in $name', ({ count, config }) => {
    expect(layoutParameters(parametersOf(config)).count).toBe(count);
  });

  it('are named and shaped as in the files of open_lm 1B', () => {
    const config = { model_type: 'open_lm', hidden_dim: 2048, n_layers: 24, n_heads: 16, vocab_size: 50432 };
    const shapes = new Map(parametersOf(config).map(({ name, shape }) => [name, shape]));
    expect(shapes.get('tok_embeddings.weight')).toEqual([50432, 2048]);
    expect(shapes.get('layers.23.attention.in_proj.weight')).toEqual([6144, 2048]);
    expect(shapes.get('layers.0.feed_forward.w12.weight')).toEqual([11264, 2048]);
    expect(shapes.get('layers.0.feed_forward.w3.weight')).toEqual([2048, 5632]);
    expect(shapes.get('layers.0.ffn_norm.bias')).toEqual([2048]);
    expect(shapes.get('output.weight')).toEqual([50432, 2048]);
    expect(shapes.size).toBe(24 * 8 + 4);
  });

  it('have the key heads of grouped queries in their caches', () => {
    const { family, config } = read({ ...olmo1b, model_type: 'llama', num_key_value_heads: 4, head_dim: 64 });
    expect(family.cacheShape(config)).toEqual({ layers: 16, heads: 4, headSize: 64 });
  });
});

describe('config.json', () => {
  it.each(tinyModels)('of $name comes back as it was', ({ config: json }) => {
    const { family, config } = read(json);
    expect(family.fromHuggingFace(family.toHuggingFace(config))).toEqual(config);
    expect(family.toHuggingFace(config).model_type).toBe(family.name);
  });

  it('lists every family under its own name', () => {
    for (const [name, family] of Object.entries(families)) expect(family.name).toBe(name);
    expect(new Set(tinyModels.map(({ config }) => config.model_type))).toEqual(
      new Set(Object.keys(families)),
    );
    expect(() => findFamily('mamba')).toThrow(
      'unknown model_type "mamba", expected one of gpt_neox, llama, olmo, olmo2, open_lm',
    );
  });

  it('says a rotary base in the words of transformers 4 and 5', () => {
    const base = { ...olmo1b, model_type: 'llama' };
    expect(read({ ...base, rope_theta: 1e5 }).config).toMatchObject({ rotaryBase: 1e5 });
    expect(
      read({ ...base, rope_parameters: { rope_type: 'default', rope_theta: 2e5 } }).config,
    ).toMatchObject({ rotaryBase: 2e5 });
  });

  it('says stretched positions in the words of transformers 4 and 5, the older first', () => {
    const base = { ...olmo1b, model_type: 'llama' };
    const linear = { rope_type: 'linear', factor: 2 };
    expect(read({ ...base, rope_scaling: { type: 'linear', factor: 2 } }).config).toMatchObject({
      rotaryScaling: linear,
    });
    const both = { ...base, rope_scaling: linear, rope_parameters: { rope_type: 'yarn', rope_theta: 5 } };
    expect(read(both).config).toMatchObject({ rotaryScaling: linear, rotaryBase: 10_000 });
  });

  it('says which token gets no gradient, as torch.nn.Embedding takes it', () => {
    const padding = (fields: object) =>
      (read({ ...olmo1b, ...fields }).config as { paddingToken: number | null }).paddingToken;
    expect(padding({ model_type: 'llama' })).toBeNull();
    expect(padding({ model_type: 'llama', pad_token_id: -1 })).toBe(50303);
    expect(padding({ model_type: 'olmo' })).toBe(1);
    expect(padding({ model_type: 'olmo2', pad_token_id: null })).toBeNull();
    expect(padding({ model_type: 'olmo2', pad_token_id: 0 })).toBe(0);
  });

  const kin = { ...olmo1b, model_type: 'llama' };
  const neox = pythia(128, 6, 4);
  const openLm = { model_type: 'open_lm', hidden_dim: 24, n_layers: 1, n_heads: 3, vocab_size: 11 };
  it.each([
    [
      { ...kin, hidden_act: 'quick_gelu' },
      'llama config: hidden_act is not usable, got "quick_gelu", expected one of gelu, ',
    ],
    [
      { ...kin, num_key_value_heads: 3 },
      'num_key_value_heads is not usable, got 3, expected a divisor of 16',
    ],
    [{ ...kin, head_dim: 7 }, 'head_dim is not usable, got 7, expected an even number'],
    [
      { ...kin, num_attention_heads: 7, num_key_value_heads: 7 },
      'num_attention_heads is not usable, got 7, expected a divisor of hidden_size 2048',
    ],
    [
      { ...kin, rope_scaling: { type: 'dynamic', factor: 2 } },
      'rope_scaling.type is not usable, got "dynamic", expected one of default, linear, llama3',
    ],
    [
      { ...kin, rope_parameters: { rope_type: 'yarn' } },
      'rope_parameters.rope_type is not usable, got "yarn"',
    ],
    [{ ...kin, rope_parameters: { rope_type: 'llama3' } }, 'rope_parameters.factor is not usable'],
    [
      { ...kin, rope_parameters: { full_attention: { rope_theta: 1e4 } } },
      'rope_parameters.full_attention is not usable',
    ],
    [{ ...kin, rope_theta: 0 }, 'rope_theta is not usable, got 0, expected a positive number'],
    [{ ...kin, rms_norm_eps: -1 }, 'rms_norm_eps is not usable, got -1'],
    [{ ...kin, architectures: ['LlamaForSequenceClassification'] }, 'architectures is not usable'],
    [{ ...kin, sliding_window: 512 }, 'sliding_window is not usable, got 512'],
    [{ ...kin, logits_scaling: 8 }, 'logits_scaling is not usable, got 8'],
    [{ ...neox, hidden_dropout: 0.1 }, 'gpt_neox config: hidden_dropout is not usable, got 0.1'],
    [{ ...neox, num_attention_heads: 5 }, 'num_attention_heads is not usable, got 5'],
    [{ ...neox, rotary_pct: 1.5 }, 'rotary_pct is not usable, got 1.5, expected a fraction'],
    [
      { ...neox, hidden_size: 33, num_attention_heads: 3, rotary_pct: 1 },
      'rotary_pct is not usable, got 1, expected an even part of heads of 11',
    ],
    [{ ...kin, partial_rotary_factor: 0.5 }, 'partial_rotary_factor is not usable, got 0.5, expected 1'],
    [{ ...kin, rope_interleaved: true }, 'rope_interleaved is not usable, got true'],
    [{ ...kin, attention_dropout: 0.1 }, 'attention_dropout is not usable, got 0.1'],
    [{ ...kin, quantization_config: { bits: 4 } }, 'quantization_config is not usable'],
    [{ ...kin, pad_token_id: 50304 }, 'pad_token_id is not usable, got 50304, expected a token'],
    [{ ...kin, mlp_bias: 'yes' }, 'mlp_bias is not usable, got "yes", expected true or false'],
    [{ ...kin, vocab_size: undefined }, 'vocab_size is not usable, got undefined, expected a number'],
    [{ ...kin, model_type: 'olmo', clip_qkv: 0 }, 'olmo config: clip_qkv is not usable, got 0'],
    [{ ...kin, model_type: 'olmo', mlp_bias: true }, 'olmo config: mlp_bias is not usable, got true'],
    [{ ...kin, model_type: 'olmo2', clip_qkv: 8 }, 'olmo2 config: clip_qkv is not usable, got 8'],
    [{ ...openLm, n_heads: 5 }, 'open_lm config: n_heads is not usable, got 5, expected a divisor'],
    [{ ...openLm, ffn_type: 'gemma_geglu' }, 'ffn_type is not usable, got "gemma_geglu"'],
    [{ ...openLm, moe_freq: 2 }, 'moe_freq is not usable, got 2'],
    [
      { ...openLm, model_norm: 'batch_norm' },
      'model_norm is not usable, got "batch_norm", expected one of default_',
    ],
    [
      { ...openLm, positional_embedding_type: 'llama_rotary' },
      'positional_embedding_type is not usable, got "llama_rotary", expected one of none, head_rotary, rotary',
    ],
    [
      { ...openLm, n_heads: 8, positional_embedding_type: 'rotary' },
      'n_heads is not usable, got 8, expected heads of an even size',
    ],
  ])('refuses %o by name', (json, message) => {
    expect(() => read(json as Record<string, unknown>)).toThrow(message);
  });
});
