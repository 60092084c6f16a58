/** total += addend in place: gradients of several micro-batches gathered in a variable. */
import accumulateSource from '../../shaders/accumulate.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const shader = defineShader('accumulate', accumulateSource);

const operation: Operation<null> = {
  name: 'accumulate',
  inPlace: { 0: 0 },
  sum: true,
  infer([total, addend]) {
    checkShape('accumulate', 'addend', addend!.shape, total!.shape);
    return [{ shape: total!.shape, dtype: 'f32' }];
  },
  reference: ([total, addend]) => [total!.map((value, i) => value + addend![i]!)],
  lower: ({ inputs: [total, addend] }, context) =>
    elementwise(shader, { total: total!, addend: addend! }, context),
};

/**
 * Adds addend to total, in place, and returns the new total; both of one shape.
 *
 * Gradient accumulation is two executables over one store (training/step-program.ts): the micro-step accumulates
 * gradients into a variable; the update reads that variable and ends with `fill(…, 0)`.
 */
export function accumulate(graph: Graph, total: Tensor, addend: Tensor): Tensor {
  return graph.apply(operation, [total, addend], null)[0]!;
}
