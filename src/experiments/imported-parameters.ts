/** Which tensors of a published model's files are the model: every parameter its config asks for, and no stranger. */
import { floatWidths } from '../checkpoints/dtype.ts';
import { WeightFileError } from '../checkpoints/errors.ts';
import type { Json } from '../checkpoints/manifest.ts';
import type { TensorSource } from '../checkpoints/tensor-source.ts';
import { modelFromConfig } from './model-from-spec.ts';

/** Masks and tables that older files keep beside the weights. */
const buffer =
  /(?:^|\.)(?:rotary_emb\.inv_freq|attention\.(?:bias|masked_bias)|attn\.(?:bias|masked_bias)|masked_bias)$/;
/** Where weights are tied, some files hold them a second time under the head's name. */
const head = /(?:^|\.)(?:lm_head|embed_out|output)\.weight$/;
const file = 'the weights';

/**
 * The parameters among the tensors, in the files' order.
 * @throws RangeError naming what of the config no family here can do; WeightFileError naming the tensor that is
 *   missing, of another shape or type, or no parameter of such a model
 */
export function selectParameters(config: Json, tensors: readonly TensorSource[]): TensorSource[] {
  const model = modelFromConfig(config as Record<string, unknown>);
  const parameters = model.family.parameters(model.config);
  const wanted = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const tied = !head.test(model.family.headName(model.config));
  for (const { name } of tensors) {
    if (wanted.has(name) || buffer.test(name) || (tied && head.test(name))) continue;
    const problem = `no parameter of a ${model.family.name} model with this config.json, expected one of its ${wanted.size}`;
    throw new WeightFileError(file, name, problem);
  }
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const [name, shape] of wanted) {
    const tensor = found.get(name);
    if (!tensor) throw new WeightFileError(file, name, `missing, though config.json asks for it`);
    if (tensor.shape.join() !== shape.join()) {
      const problem = `has shape [${tensor.shape.join(', ')}], config.json says [${shape.join(', ')}]`;
      throw new WeightFileError(file, name, problem);
    }
    if (floatWidths[tensor.dtype] === undefined)
      throw new WeightFileError(file, name, `has dtype ${tensor.dtype}, expected F32, F16, BF16 or F64`);
  }
  return tensors.filter(({ name }) => wanted.has(name));
}
