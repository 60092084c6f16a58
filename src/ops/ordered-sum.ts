/** Sums over whole tensors in a fixed order: partial sums per workgroup, then one workgroup adds those. No atomics. */
import sumPartials from '../../shaders/sum-partials.wgsl?raw';
import sumTotal from '../../shaders/sum-total.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Dispatch, LoweringContext } from '../graph/operation.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';

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

/** Workgroups that one tensor's first stage takes: enough to fill a GPU, few enough for one workgroup to add. */
function partialCount(x: Tensor): number {
  return Math.min(256, Math.ceil(sizeOf(x.shape) / 1024));
}

/** Dispatches that write the sum over all elements of all `tensors` into `y` (1). */
export function orderedSum(
  tensors: readonly Tensor[],
  y: Tensor,
  context: LoweringContext,
  { square = false, scale = 1, root = false }: OrderedSum,
): Dispatch[] {
  const counts = tensors.map(partialCount);
  const n = counts.reduce((sum, count) => sum + count, 0);
  const partials = context.scratch('partial sums', [n]);
  let first = 0;
  const stages = tensors.map((x, index): Dispatch => {
    const workgroups = [counts[index]!, 1, 1] as const;
    const params = { n: sizeOf(x.shape), first };
    first += counts[index]!;
    return {
      shader: partialsShader,
      variant: { constants: { SQUARE: square } },
      bindings: { x, partials },
      params,
      workgroups,
    };
  });
  return [
    ...stages,
    {
      shader: totalShader,
      variant: { constants: { ROOT: root } },
      bindings: { partials, y },
      params: { n, scale },
      workgroups: [1, 1, 1],
    },
  ];
}
