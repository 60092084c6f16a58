/** Models under other names: what their own definitions compute, and what of their configs is refused. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/checkpoints/checkpoint.ts';
import { WeightFileError } from '../../src/checkpoints/errors.ts';
import { importFolder } from '../../src/checkpoints/import-model.ts';
import type { Json } from '../../src/checkpoints/manifest.ts';
import { float32Source, toFloat32, type TensorSource } from '../../src/checkpoints/tensor-source.ts';
import { openWeights, type ModelFolder } from '../../src/checkpoints/weight-files.ts';
import { adoptParameters } from '../../src/experiments/imported-parameters.ts';
import { modelFromConfig } from '../../src/experiments/model-from-spec.ts';
import { translateConfig } from '../../src/experiments/published-form.ts';
import { freshDatabase } from '../checkpoints/storage-fixtures.ts';
import { difference } from '../conformance/comparison.ts';
import { logitsOf } from '../conformance/engine-run.ts';
import { folderOnDisk, readTensors, type HostTensors } from '../conformance/tensor-file.ts';
import { testGpu } from '../gpu/device.ts';
import { readJson, safetensorsFile } from './published-folder.ts';

const native = join(import.meta.dirname, 'published-forms');
const conformance = join(import.meta.dirname, '../conformance');
const target = { run: 'import', step: 1, tokens: 0 };

/** Relative L2 of the engine's logits of the imported folder; float32 sums of a few dozen terms. */
async function logitError(folder: ModelFolder, expected: HostTensors): Promise<number> {
  const database = await freshDatabase();
  await importFolder(database, folder, target, { adopt: adoptParameters });
  const { config: json, weights: sources } = await loadCheckpoint(database, target);
  const { family, config } = modelFromConfig(json as Record<string, unknown>);
  const weights = new Map<string, Float32Array>();
  for (const source of sources) weights.set(source.name, await toFloat32(source));
  const { shape, data: ids } = expected.get('input_ids')!;
  const [batch, time] = shape as [number, number];
  const model = { family, config, weights };
  const logits = await logitsOf(await testGpu(), model, { batch, time }, ids as Int32Array);
  const { norm, expectedNorm } = difference('logits', logits, expected.get('logits')!.data);
  return norm / expectedNorm;
}

describe('a model of AI2’s own library', () => {
  it.each([
    ['olmo', 'olmo'],
    ['olmo-older', 'olmo'],
    ['llama', 'llama'],
    ['olmo2', 'olmo2'],
  ])('%s gives the logits of its definition, as %s', async (name, type) => {
    const folder = join(native, name);
    const expected = await readTensors(join(folder, 'expected.safetensors'));
    expect(translateConfig(await readJson(join(folder, 'config.json')))).toMatchObject({ model_type: type });
    expect(await logitError(await folderOnDisk(folder), expected)).toBeLessThan(1e-5);
  });
});

/** A committed OpenLM model under the names of the wrapper. */
async function wrapped(name: string, config: Json): Promise<ModelFolder> {
  const tensors = await readTensors(join(conformance, name, 'model.safetensors'));
  const sources = [...tensors].map(([key, { shape, data }]) =>
    float32Source(`model.${key}`, { shape, data: data as Float32Array<ArrayBuffer> }),
  );
  // The rotary module keeps its frequencies as a buffer, which is saved with the weights.
  const frequencies = { shape: [4], data: Float32Array.of(1, 0.1, 0.01, 0.001) };
  sources.push(float32Source('model.layers.0.attention.pos_embed.inv_freq', frequencies));
  return given(config, sources);
}

async function given(config: Json, sources: readonly TensorSource[]): Promise<ModelFolder> {
  const files: Record<string, Blob> = {
    'config.json': new Blob([JSON.stringify(config)]),
    'model.safetensors': await safetensorsFile(sources),
  };
  return { names: Object.keys(files), open: (file) => Promise.resolve(files[file]!) };
}

describe('an OpenLM model in OpenLM’s own wrapper', () => {
  const sizes = { n_layers: 2, n_heads: 2, seq_len: 64, vocab_size: 43 };
  it.each<[string, string, Json]>([
    ['of the first release', 'open-lm-tiny', { hidden_dim: 16, ...sizes, weight_tying: false }],
    [
      'with its settings in a group',
      'open-lm-tiny',
      {
        params: null,
        params_args_dict: {
          ...{ dim: 16, model: 'open_lm_tiny', ...sizes, norm_eps: 1e-5, norm_type: 'default_layer_norm' },
          ...{
            attn_name: 'auto',
            apply_qk_norm: false,
            ffn_type: 'swiglu_torch',
            moe_num_experts: 8,
            moe_freq: 0,
          },
          positional_embedding_type: 'head_rotary',
        },
      },
    ],
    [
      'with its settings at the top',
      'open-lm-rotary-tiny',
      {
        ...{ dim: 16, ...sizes, n_layers: 1, norm_type: 'gain_only_lp_layer_norm', attn_name: 'torch_attn' },
        ...{ apply_qk_norm: true, post_embed_norm: true, architectures: ['OpenLMForCausalLM'] },
      },
    ],
  ])('%s gives the logits of its definition', async (_, name, config) => {
    const expected = await readTensors(join(conformance, name, 'golden.safetensors'));
    const folder = await wrapped(name, { model_type: 'openlm', ...(config as object) });
    expect(await logitError(folder, expected)).toBeLessThan(1e-5);
  });
});

describe('what a form says that no family here computes is refused by its name', async () => {
  const olmo = (await readJson(join(native, 'olmo', 'config.json'))) as Record<string, Json>;
  const llama = (await readJson(join(native, 'llama', 'config.json'))) as Record<string, Json>;
  it.each<[string, Record<string, Json>]>([
    ['alibi', { ...olmo, alibi: true }],
    ['rope', { ...olmo, rope: false }],
    ['activation_type', { ...olmo, activation_type: 'gelu' }],
    ['include_bias', { ...olmo, include_bias: true }],
    ['block_type', { ...olmo, block_type: 'llama' }],
    ['block_group_size', { ...olmo, block_group_size: 2 }],
    ['scale_logits', { ...olmo, scale_logits: true }],
    ['embedding_layer_norm', { ...olmo, embedding_layer_norm: true }],
    ['residual_dropout', { ...olmo, residual_dropout: 0.1 }],
    ['layer_norm_with_affine', { ...olmo, layer_norm_with_affine: true }],
    ['layer_norm_eps', { ...olmo, layer_norm_eps: 1e-6 }],
    ['layer_norm_type', { ...olmo, layer_norm_type: 'scale' }],
    ['attention_layer_norm', { ...olmo, attention_layer_norm: true }],
    ['norm_after', { ...olmo, norm_after: true }],
    ['n_kv_heads', { ...olmo, multi_query_attention: true, n_kv_heads: 3 }],
    ['d_model', without(olmo, 'd_model')],
    ['clip_qkv', { ...llama, clip_qkv: 8 }],
    ['layer_norm_with_affine', { ...llama, layer_norm_with_affine: false }],
    ['bias_for_layer_norm', { ...llama, bias_for_layer_norm: true }],
    ['attention_layer_norm', { ...llama, attention_layer_norm: true }],
    ['attn_name', { model_type: 'openlm', dim: 16, n_layers: 1, n_heads: 2, attn_name: 'custom_attn' }],
    ['norm_eps', { model_type: 'openlm', dim: 16, n_layers: 1, n_heads: 2, norm_eps: 1e-6 }],
    ['model', { model_type: 'openlm', params_args_dict: { model: 'open_lm_1b' } }],
  ])('%s', (field, config) => {
    expect(() => translateConfig(config)).toThrow(new RegExp(`config: ${field} is not usable`));
  });
});

describe('tensors of another form', async () => {
  const folder = await folderOnDisk(join(native, 'olmo'));
  const config = await readJson(join(native, 'olmo', 'config.json'));
  const tensors = await openWeights(folder);
  const fused = 'model.transformer.blocks.0.att_proj.weight';
  const adopt = (changed: typeof tensors) => () => adoptParameters(config, changed);

  it.each<[string, typeof tensors, RegExp]>([
    [
      'missing',
      tensors.filter(({ name }) => name !== fused),
      /^model\.safetensors: tensor "transformer\.blocks\.0\.att_proj\.weight": missing/,
    ],
    [
      'missing in several files',
      tensors.slice(1).map((tensor, index) => ({ ...tensor, file: `model-${index}.safetensors` })),
      /^model-0\.safetensors … model-\d+\.safetensors: tensor "transformer\.\S+": missing/,
    ],
    [
      'of another shape',
      tensors.map((tensor) => (tensor.name === fused ? { ...tensor, shape: [48, 36] } : tensor)),
      /^model\.safetensors: tensor "model\.transformer\.blocks\.0\.att_proj\.weight": has shape \[48, 36\], config\.json says \[72, 24\]/,
    ],
    [
      'there twice',
      [...tensors, { ...tensors[0]!, name: tensors[0]!.name.replace('model.', ''), file: 'other' }],
      /^other: tensor "transformer\.\S+": stands there twice/,
    ],
    [
      'a stranger',
      [...tensors, { ...tensors[0]!, name: 'model.transformer.wpe.weight' }],
      /"model\.transformer\.wpe\.weight": no parameter of a olmo model/,
    ],
  ])('%s are refused by file and name', (_, changed, message) => {
    expect(adopt(changed)).toThrow(message);
    expect(adopt(changed)).toThrow(WeightFileError);
  });

  it('are cut where they lie, in the files’ order, each by its own range of bytes', async () => {
    const asked: [string, number, number][] = [];
    const watched = tensors.map((tensor) => ({
      ...tensor,
      read(start = 0, end = tensor.byteLength) {
        asked.push([tensor.name, start, end]);
        return tensor.read(start, end);
      },
    }));
    const { weights } = adoptParameters(config, watched);
    const names = weights
      .map(({ name }) => name)
      .filter((name) => name.startsWith('model.layers.0.self_attn'));
    expect(names).toEqual(['q', 'k', 'v', 'o'].map((part) => `model.layers.0.self_attn.${part}_proj.weight`));
    const k = weights.find(({ name }) => name === names[1])!;
    expect(k.shape).toEqual([24, 24]);
    const bytes = 24 * 24 * 4;
    const whole = await toFloat32(k);
    expect(whole).toEqual((await toFloat32(tensors.find(({ name }) => name === fused)!)).slice(576, 1152));
    for await (const piece of k.read(8)) expect(piece.length).toBe(bytes - 8);
    expect(asked).toEqual([
      [fused, bytes, 2 * bytes],
      [fused, bytes + 8, 2 * bytes],
    ]);
  });
});

function without(config: Record<string, Json>, field: string): Record<string, Json> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => name !== field));
}
