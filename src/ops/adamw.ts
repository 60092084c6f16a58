/** AdamW (Loshchilov & Hutter 2019) with gradient clipping over flat tensors, in place, in one dispatch. */
import adamwSource from '../../shaders/adamw.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation, ReferenceValue } from '../graph/operation.ts';
import { checkShape, sizeOf, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const shader = defineShader('adamw', adamwSource);

/** Layout of the `scalars` input: what changes from step to step. Further elements are not read. */
export const adamwScalar = { learningRate: 0, biasCorrection1: 1, biasCorrection2: 2, step: 3 } as const;
/** Numbers in the `scalars` input: a whole 16 bytes. */
export const adamwScalarCount = 4;

/** The `scalars` of update `step` (1, 2, …). */
export function adamwScalars(
  learningRate: number,
  betas: readonly [number, number],
  step: number,
): Float32Array {
  const scalars = new Float32Array(adamwScalarCount);
  scalars[adamwScalar.learningRate] = learningRate;
  scalars[adamwScalar.biasCorrection1] = 1 - betas[0] ** step;
  scalars[adamwScalar.biasCorrection2] = 1 - betas[1] ** step;
  scalars[adamwScalar.step] = step; // exact up to 2²⁴
  return scalars;
}

export interface AdamWTensors {
  /** Each of the first four (n): parameters and moments are overwritten. */
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  /** At least 3 numbers, laid out as `adamwScalar`. */
  readonly scalars: Tensor;
  /** The global norm of the gradients (1); may be null when nothing is clipped. */
  readonly norm: Tensor | null;
}

export interface AdamWAttributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Decay applies to elements [0, decayEnd). */
  readonly decayEnd: number;
  /** Gradients are scaled by min(1, maxGradNorm / (norm + 1e-6)); null does not clip. */
  readonly maxGradNorm: number | null;
}

const operation: Operation<AdamWAttributes> = {
  name: 'adamw',
  inPlace: { 0: 0, 1: 2, 2: 3 },
  infer([parameters, gradients, firstMoment, secondMoment, scalars, norm], { maxGradNorm, decayEnd }) {
    const shape = parameters!.shape;
    checkShape('adamw', 'parameters', shape, [null]);
    checkShape('adamw', 'gradients', gradients!.shape, shape);
    checkShape('adamw', 'firstMoment', firstMoment!.shape, shape);
    checkShape('adamw', 'secondMoment', secondMoment!.shape, shape);
    if (sizeOf(scalars!.shape) < 3)
      throw new RangeError(`adamw: scalars has ${sizeOf(scalars!.shape)} elements, expected at least 3`);
    if (maxGradNorm !== null) checkShape('adamw', 'norm', norm!.shape, [1]);
    if (decayEnd < 0 || decayEnd > shape[0]!)
      throw new RangeError(`adamw: decayEnd, got ${decayEnd}, expected 0 to ${shape[0]!}`);
    return [0, 1, 2].map(() => ({ shape, dtype: 'f32' as const }));
  },
  reference(values, { attributes }) {
    const { p, m, v } = adamwUpdate(values, attributes);
    return [p, m, v];
  },
  lower(
    { inputs: [parameters, gradients, first_moment, second_moment, scalars, norm], attributes },
    context,
  ) {
    const { beta1, beta2, epsilon, weightDecay, decayEnd, maxGradNorm } = attributes;
    const bindings = {
      parameters: parameters!,
      gradients: gradients!,
      first_moment: first_moment!,
      second_moment: second_moment!,
      scalars: scalars!,
      norm: norm!,
    };
    const params = {
      one_minus_beta1: 1 - beta1,
      beta2,
      one_minus_beta2: 1 - beta2,
      epsilon,
      weight_decay: weightDecay,
      max_grad_norm: maxGradNorm ?? 0,
    };
    const constants = { CLIP: maxGradNorm !== null };
    return elementwise(shader, bindings, context, { params, counts: { decay_end: decayEnd }, constants });
  },
};

/** The update in float64, from parameters, gradients, both moments, scalars and norm. */
export function adamwUpdate(
  [parameters, gradients, firstMoment, secondMoment, scalars, norm]: readonly ReferenceValue[],
  { beta1, beta2, epsilon, weightDecay, decayEnd, maxGradNorm }: AdamWAttributes,
): { p: ReferenceValue; m: ReferenceValue; v: ReferenceValue } {
  const learningRate = scalars![adamwScalar.learningRate]!;
  const correction1 = scalars![adamwScalar.biasCorrection1]!;
  const correction2 = scalars![adamwScalar.biasCorrection2]!;
  const clip = maxGradNorm === null ? 1 : Math.min(1, maxGradNorm / (norm![0]! + 1e-6));
  const m = firstMoment!.map((value, i) => beta1 * value + (1 - beta1) * gradients![i]! * clip);
  const v = secondMoment!.map((value, i) => beta2 * value + (1 - beta2) * (gradients![i]! * clip) ** 2);
  const p = parameters!.map((value, i) => {
    const decayed = i < decayEnd ? value * (1 - learningRate * weightDecay) : value;
    return decayed - (learningRate * (m[i]! / correction1)) / (Math.sqrt(v[i]! / correction2) + epsilon);
  });
  return { p, m, v };
}

/**
 * One step of torch.optim.AdamW: decoupled weight decay on the first `decayEnd` elements, clipping as
 * torch.nn.utils.clip_grad_norm_. Overwrites and returns parameters, first and second moment.
 */
export function adamw(
  graph: Graph,
  tensors: AdamWTensors,
  attributes: AdamWAttributes,
): [parameters: Tensor, firstMoment: Tensor, secondMoment: Tensor] {
  const { parameters, gradients, firstMoment, secondMoment, scalars, norm } = tensors;
  if (attributes.maxGradNorm !== null && norm === null) {
    throw new TypeError(
      `adamw: clipping to ${attributes.maxGradNorm} needs norm, got null, expected the gradients' global norm`,
    );
  }
  // Without clipping the kernel still binds `norm`, and reads none of it.
  const inputs = [parameters, gradients, firstMoment, secondMoment, scalars, norm ?? scalars];
  return graph.apply(operation, inputs, attributes) as [Tensor, Tensor, Tensor];
}
