/** The config.json of an export: what came with the model or was made for it, true of the files beside it. */
import type { Dtype } from './dtype.ts';
import type { Json } from './manifest.ts';
import type { TensorSource } from './tensor-source.ts';
import { jsonText } from './tokenizer-files.ts';

/** torch's names of the types that weights have. */
const torchTypes: Readonly<Partial<Record<Dtype, string>>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/** What points at files that do not come along. */
const pointers = ['auto_map', '_name_or_path'];

/** Fields of the families' configs that are floats even where their value is a whole number. */
const floats = [
  ...['attention_dropout', 'clip_qkv', 'factor', 'hidden_dropout', 'high_freq_factor', 'initializer_range'],
  ...['layer_norm_eps', 'low_freq_factor', 'partial_rotary_factor', 'rms_norm_eps', 'rope_theta'],
  ...['rotary_emb_base', 'rotary_pct'],
];
const wholeFloat = new RegExp(`("(?:${floats.join('|')})": -?\\d+)(?=[,\\n])`, 'g');

/**
 * The text of config.json, in the type of these weights: `from_pretrained` loads in the type that the config names, and
 * a model that came in halves leaves in float32 once it was trained.
 */
export function exportedConfig(config: Json, weights: readonly TensorSource[]): string {
  const fields = Object.entries(config as Readonly<Record<string, Json>>);
  const kept = Object.fromEntries(fields.filter(([name]) => !pointers.includes(name)));
  const [type, ...others] = new Set(weights.map(({ dtype }) => dtype));
  const name = others.length > 0 ? 'float32' : type && torchTypes[type];
  const dtype = name === undefined ? {} : { torch_dtype: name, ...('dtype' in kept && { dtype: name }) };
  // JavaScript reads and writes 8.0 as 8, which transformers' typed configs refuse.
  return jsonText({ ...kept, ...dtype }).replace(wholeFloat, '$1.0');
}
