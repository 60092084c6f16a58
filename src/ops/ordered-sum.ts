/** Sums over whole tensors in a fixed order: partial sums per workgroup, then one workgroup adds those. No atomics. */
import sumPartials from '../../shaders/sum-partials.wgsl?raw';
import sumTotal from '../../shaders/sum-total.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Dispatch, LoweringContext } from '../graph/operation.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { vectorWidth, widened } from './vector-width.ts';

const partialsShader = defineShader('sum-partials', sumPartials);
const totalShader = defineShader('sum-total', sumTotal);

export interface OrderedSum {
  /** Sum the squares of the elements. */
  readonly square?: boolean;
  /** Multiplies the sum. */
  readonly scale?: number;
  /** Take the square root of the scaled sum. */
  readonly root?: boolean;
}

/**
 * Invocations per workgroup and most workgroups per tensor in the first stage, and invocations of the second: `wide` fills a GPU, `narrow` is for
 * software adapters, where the tree over a workgroup is all barriers.
 */
export const sumVariants = {
  wide: { size: 256, most: 256, last: 256 },
  narrow: { size: 8, most: 64, last: 1 },
} as const;

function chooseVariant(
  elements: number,
  context: LoweringContext,
): { size: number; most: number; last: number } {
  const chosen = context.choose('sum', [elements], context.profile.software ? 'narrow' : 'wide');
  const variant = sumVariants[chosen as keyof typeof sumVariants];
  if (!variant) throw new RangeError(`sum: unknown variant, got ${chosen}, expected wide or narrow`);
  return variant;
}

/** Dispatches that write the sum over all elements of all `tensors` into `y` (1). */
export function orderedSum(
  tensors: readonly Tensor[],
  y: Tensor,
  context: LoweringContext,
  { square = false, scale = 1, root = false }: OrderedSum,
): Dispatch[] {
  const elements = tensors.reduce((count, x) => count + sizeOf(x.shape), 0);
  const { size, most, last } = chooseVariant(elements, context);
  const counts = tensors.map((x) => Math.min(most, Math.ceil(sizeOf(x.shape) / (16 * size))));
  const n = counts.reduce((sum, count) => sum + count, 0);
  const partials = context.scratch('partial sums', [n]);
  const firsts = counts.map((_, index) => counts.slice(0, index).reduce((sum, count) => sum + count, 0));
  const stages = tensors.map((x, index): Dispatch => {
    const width = vectorWidth(partialsShader, [sizeOf(x.shape)]);
    return {
      shader: partialsShader,
      variant: widened(partialsShader, width, { WORKGROUP_SIZE: size }),
      bindings: { x, partials },
      params: { n: sizeOf(x.shape) / width, first: firsts[index]!, square: Number(square) },
      workgroups: [counts[index]!, 1, 1],
    };
  });
  const total: Dispatch = {
    shader: totalShader,
    variant: { constants: { WORKGROUP_SIZE: last } },
    bindings: { partials, y },
    params: { n, scale, root: Number(root) },
    workgroups: [1, 1, 1],
  };
  return [...stages, total];
}
