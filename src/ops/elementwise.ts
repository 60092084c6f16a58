/** Dispatching a kernel that treats every element alike. */
import type { Shader } from '../gpu/shader.ts';
import { flatGrid, type Dispatch, type LoweringContext } from '../graph/operation.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';

/** One dispatch over all elements of the tensors bound, which are of one size; `Params.n` is their number. */
export function elementwise(
  shader: Shader,
  bindings: Readonly<Record<string, Tensor>>,
  { limits }: LoweringContext,
  params: Readonly<Record<string, number>> = {},
): Dispatch[] {
  const n = sizeOf(Object.values(bindings)[0]!.shape);
  return [{ shader, bindings, params: { n, ...params }, workgroups: flatGrid(n, 64, limits) }];
}
