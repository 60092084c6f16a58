/**
 * OpenLM models in OpenLM's own transformers wrappers (`model_type` openlm: open_lm_1B, DCLM): their config says what
 * OpenLM calls Params, its fields at the top or under `params_args_dict`, and tensors have `model.` before their names. As
 * mlfoundations/open_lm open_lm/hf and open_lm/utils/transformers.
 */
import { ConfigReader } from '../models/config-reader.ts';
import type { Config, PublishedForm } from './published-form.ts';

/** Kernels of attention that compute the same. */
const attentions = ['auto', 'xformers_attn', 'xformers_attn_variable_length', 'torch_attn', undefined];

function translate(json: Config): Config {
  const fields = fieldsOf(json);
  const config = new ConfigReader('openlm', fields);
  if (fields.n_layers === undefined && fields.model !== undefined)
    throw config.error(
      'model',
      fields.model,
      'its sizes beside it (hidden_dim, n_layers, n_heads, …) in config.json',
    );
  config.refuseUnless('attn_name', attentions);
  config.refuseUnless('norm_eps', [1e-5, undefined]);
  // Configs in the newer words leave out what Params has as its default; the older ones were of the first release.
  const newer = fields.dim !== undefined;
  return {
    model_type: 'open_lm',
    hidden_dim: config.integer(newer ? 'dim' : 'hidden_dim'),
    n_layers: config.integer('n_layers'),
    n_heads: config.integer('n_heads'),
    seq_len: config.integer('seq_len', 2048),
    vocab_size: config.integer('vocab_size'),
    post_embed_norm: fields.post_embed_norm ?? false,
    weight_tying: fields.weight_tying ?? false,
    qk_norm: fields.apply_qk_norm ?? fields.qk_norm ?? false,
    ffn_type: fields.ffn_type ?? 'swiglu',
    moe_freq: fields.moe_freq ?? 0,
    model_norm: fields.norm_type ?? fields.model_norm ?? 'default_layer_norm',
    positional_embedding_type: fields.positional_embedding_type ?? (newer ? 'rotary' : 'head_rotary'),
    eos_token_id: json.eos_token_id ?? null,
    ...(json.torch_dtype !== undefined && { torch_dtype: json.torch_dtype }),
  };
}

/** What is not null, wherever it stands; at the top where it stands twice. */
function fieldsOf({ params_args_dict: nested, ...top }: Config): Config {
  const inner = typeof nested === 'object' && !Array.isArray(nested) ? nested : {};
  const stated = (fields: object | null) =>
    Object.entries(fields ?? {}).filter(([, value]) => value !== null);
  return Object.fromEntries([...stated(inner), ...stated(top)]);
}

export const wrappedOpenLm: PublishedForm = {
  owns: ({ model_type: type }) => type === 'openlm',
  translate,
  bareName: (name) => name.replace(/^(?:model|module)\./, ''),
  holdings: (parameters) => parameters.map((parameter) => ({ name: parameter.name, parts: [parameter] })),
};
