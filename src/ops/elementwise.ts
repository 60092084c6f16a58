/** Dispatching a kernel that treats every element alike. */
import type { Shader, Variant } from '../gpu/shader.ts';
import { flatGrid, type Dispatch, type LoweringContext } from '../graph/operation.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { vectorWidth, widened } from './vector-width.ts';

/** Invocations per workgroup of the elementwise kernels, as their files declare it. */
const workgroupSize = 64;

export interface ElementwiseOptions {
  readonly params?: Readonly<Record<string, number>>;
  /** Params that count elements, beside n: given in elements, passed in vectors. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly constants?: Variant['constants'];
}

/** One dispatch over all elements of the first tensor bound, four at a time where all counts allow it. */
export function elementwise(
  shader: Shader,
  bindings: Readonly<Record<string, Tensor>>,
  { limits }: LoweringContext,
  { params = {}, counts = {}, constants = {} }: ElementwiseOptions = {},
): Dispatch[] {
  const all = { n: sizeOf(Object.values(bindings)[0]!.shape), ...counts };
  const width = vectorWidth(shader, Object.values(all));
  const inVectors = Object.fromEntries(Object.entries(all).map(([name, count]) => [name, count / width]));
  return [
    {
      shader,
      variant: widened(shader, width, constants),
      bindings,
      params: { ...inVectors, ...params },
      workgroups: flatGrid(all.n / width, workgroupSize, limits),
    },
  ];
}
