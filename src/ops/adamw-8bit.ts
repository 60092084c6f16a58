/** AdamW with both moments in 8 bits (adamw-8bit.wgsl): 2.03 bytes a parameter instead of 8. In place, one dispatch. */
import adamwSource from '../../shaders/adamw-8bit.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import { flatGrid, type Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { adamwUpdate, type AdamWAttributes } from './adamw.ts';
import { blockSize, decodeSmall, encodeNearest, mantissaBits } from './small-float.ts';

const shader = defineShader('adamw-8bit', adamwSource);

export interface SmallAdamWTensors {
  /** (n), n a multiple of 4. */
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  /** Codes, four an element: u32 (n / 4). */
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
  /** Of each block of 256 elements, those of the first moment, then of the root of the second: (2, ⌈n / 256⌉). */
  readonly scales: Tensor;
  /** As `adamwScalar` lays them out, the step among them. */
  readonly scalars: Tensor;
  readonly norm: Tensor;
}

const operation: Operation<AdamWAttributes> = {
  name: 'adamw8bit',
  inPlace: { 0: 0, 1: 2, 2: 3, 3: 4 },
  infer([parameters, gradients, first, second, scales, scalars, norm]) {
    checkShape('adamw8bit', 'parameters', parameters!.shape, [null]);
    const n = parameters!.shape[0]!;
    if (n % 4 !== 0) throw new RangeError(`adamw8bit: parameters, got ${n}, expected a multiple of 4`);
    checkShape('adamw8bit', 'gradients', gradients!.shape, [n]);
    checkShape('adamw8bit', 'firstMoment', first!.shape, [n / 4]);
    checkShape('adamw8bit', 'secondMoment', second!.shape, [n / 4]);
    checkShape('adamw8bit', 'scales', scales!.shape, [2, Math.ceil(n / blockSize)]);
    checkShape('adamw8bit', 'scalars', scalars!.shape, [4]);
    checkShape('adamw8bit', 'norm', norm!.shape, [1]);
    return [parameters!, first!, second!, scales!].map(({ shape, dtype }) => ({ shape, dtype }));
  },
  /** Rounds to the nearest code where the kernel rounds by chance. */
  reference([parameters, gradients, first, second, scales, scalars, norm], { attributes }) {
    const placeOf = (i: number, which: number) => which * (scales!.length / 2) + Math.floor(i / blockSize);
    const byte = (words: Float64Array, i: number) => (words[i >> 2]! >>> (8 * (i & 3))) & 255;
    const scaleOf = (i: number, which: number) => scales![placeOf(i, which)]!;
    const m = gradients!.map((_, i) => {
      const code = byte(first!, i);
      const magnitude = decodeSmall(code & 127, mantissaBits.first) * scaleOf(i, 0);
      return code > 127 ? -magnitude : magnitude;
    });
    const v = gradients!.map(
      (_, i) => (decodeSmall(byte(second!, i), mantissaBits.second) * scaleOf(i, 1)) ** 2,
    );
    const updated = adamwUpdate([parameters!, gradients!, m, v, scalars!, norm!], attributes);
    const newScales = new Float64Array(scales!.length);
    const words = [new Float64Array(first!.length), new Float64Array(second!.length)] as const;
    const largest = (kept: Float64Array, which: number) =>
      kept.forEach((value, i) => {
        const at = placeOf(i, which);
        newScales[at] = Math.max(newScales[at]!, Math.abs(value));
      });
    const roots = updated.v.map(Math.sqrt);
    largest(updated.m, 0);
    largest(roots, 1);
    const put = (kept: Float64Array, which: 0 | 1, mantissa: number) =>
      kept.forEach((value, i) => {
        if (value === 0) return;
        const code = encodeNearest(Math.abs(value) / newScales[placeOf(i, which)]!, mantissa);
        const signed = which === 0 ? code + (value < 0 && code > 0 ? 128 : 0) : Math.max(1, code);
        words[which][i >> 2]! += signed * 2 ** (8 * (i & 3));
      });
    put(updated.m, 0, mantissaBits.first);
    put(roots, 1, mantissaBits.second);
    return [updated.p, ...words, newScales];
  },
  lower({ inputs, attributes }, { limits }) {
    const [parameters, gradients, first_moment, second_moment, scales, scalars, norm] = inputs as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const { beta1, beta2, epsilon, weightDecay, decayEnd, maxGradNorm } = attributes;
    const n = parameters.shape[0]!;
    return [
      {
        shader,
        variant: { constants: { CLIP: maxGradNorm !== null } },
        bindings: { parameters, gradients, first_moment, second_moment, scales, scalars, norm },
        params: {
          n: n / 4,
          decay_end: decayEnd / 4,
          one_minus_beta1: 1 - beta1,
          beta2,
          one_minus_beta2: 1 - beta2,
          epsilon,
          weight_decay: weightDecay,
          max_grad_norm: maxGradNorm ?? 0,
        },
        workgroups: flatGrid(n, blockSize, limits),
      },
    ];
  },
};

/** One step of AdamW as `adamw`'s, on moments in 8 bits. Overwrites parameters, moments and scales; returns them. */
export function adamw8bit(
  graph: Graph,
  { parameters, gradients, firstMoment, secondMoment, scales, scalars, norm }: SmallAdamWTensors,
  attributes: AdamWAttributes,
): Tensor[] {
  const inputs = [parameters, gradients, firstMoment, secondMoment, scales, scalars, norm];
  return graph.apply(operation, inputs, attributes);
}
