/** Which tensors of a published model's files are the model: every parameter its config asks for, and no stranger. */
import { floatWidths } from '../checkpoints/dtype.ts';
import { WeightFileError } from '../checkpoints/errors.ts';
import type { AdoptedModel } from '../checkpoints/import-model.ts';
import type { Json } from '../checkpoints/manifest.ts';
import { rowSlice } from '../checkpoints/row-slice.ts';
import type { FileTensor } from '../checkpoints/weight-files.ts';
import { modelFromConfig, type ConfiguredModel } from './model-from-spec.ts';
import { formOf, type Holding, type PublishedForm } from './published-form.ts';

/** Masks and tables that older files keep beside the weights. */
const buffer =
  /(?:^|\.)(?:(?:rotary_emb|pos_embed)\.inv_freq|attention\.(?:bias|masked_bias)|attn\.(?:bias|masked_bias)|masked_bias)$/;
/** Where weights are tied, some files hold them a second time under the head's name. */
const head = /^(?:lm_head|embed_out|output|transformer\.ff_out)\.weight$/;

/**
 * The config in our families' words, and its parameters among the tensors, in the files' order.
 * @throws RangeError naming what of the config no family here can do; WeightFileError naming file and tensor that is
 *   missing, of another shape or type, or no parameter of such a model
 */
export function adoptParameters(published: Json, tensors: readonly FileTensor[]): AdoptedModel {
  const form = formOf(published);
  const config = form.translate(published as Readonly<Record<string, Json>>);
  const model = modelFromConfig(config);
  const holdings = form.holdings(model.family.parameters(model.config));
  const wanted = new Map(holdings.map((holding) => [holding.name, holding]));
  const found = knownTensors(tensors, wanted, form, model);
  for (const { name } of holdings) {
    if (!found.has(name))
      throw new WeightFileError(filesOf(tensors), name, `missing, though config.json asks for it`);
  }
  return { config, weights: [...found].flatMap(([name, tensor]) => partsOf(tensor, wanted.get(name)!)) };
}

/** The tensors that hold parameters, by their bare names; buffers and second heads are left out. */
function knownTensors(
  tensors: readonly FileTensor[],
  wanted: ReadonlyMap<string, Holding>,
  form: PublishedForm,
  { family, config }: ConfiguredModel,
): Map<string, FileTensor> {
  const tied = !head.test(family.headName(config));
  const found = new Map<string, FileTensor>();
  for (const tensor of tensors) {
    const name = form.bareName(tensor.name);
    if (found.has(name))
      throw new WeightFileError(tensor.file, tensor.name, `stands there twice, also as ${name}`);
    if (wanted.has(name)) found.set(name, tensor);
    else if (!buffer.test(name) && !(tied && head.test(name))) {
      const problem = `no parameter of a ${family.name} model with this config.json, expected one of its ${wanted.size}`;
      throw new WeightFileError(tensor.file, tensor.name, problem);
    }
  }
  return found;
}

/** The parameters that a tensor holds. */
function partsOf(tensor: FileTensor, { parts }: Holding): FileTensor[] {
  const { file, name, shape, dtype } = tensor;
  const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const expected = [rows, ...parts[0]!.shape.slice(1)];
  if (shape.join() !== expected.join()) {
    const problem = `has shape [${shape.join(', ')}], config.json says [${expected.join(', ')}]`;
    throw new WeightFileError(file, name, problem);
  }
  if (floatWidths[dtype] === undefined)
    throw new WeightFileError(file, name, `has dtype ${dtype}, expected F32, F16, BF16 or F64`);
  let first = 0;
  return parts.map((part) => {
    const end = first + part.shape[0]!;
    const slice = rowSlice(tensor, part.name, first, end);
    first = end;
    return slice;
  });
}

/** The files in which a tensor is missing. */
function filesOf(tensors: readonly FileTensor[]): string {
  const files = [...new Set(tensors.map(({ file }) => file))];
  if (files.length > 2) return `${files[0]} … ${files.at(-1)}`;
  return files.join(', ') || 'the weights';
}
