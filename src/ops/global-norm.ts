/** y = sqrt(Σ x²) over all elements of several flat tensors: the norm that gradients are clipped by. */
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { orderedSum } from './ordered-sum.ts';

const operation: Operation<null> = {
  name: 'globalNorm',
  infer(inputs) {
    if (inputs.length === 0)
      throw new RangeError('globalNorm: nothing to measure, got 0 tensors, expected at least 1');
    return [{ shape: [1], dtype: 'f32' }];
  },
  reference(inputs) {
    const squares = inputs.map((x) => x.reduce((sum, value) => sum + value * value, 0));
    return [Float64Array.of(Math.sqrt(squares.reduce((a, b) => a + b, 0)))];
  },
  lower: ({ inputs, outputs: [y] }, context) => orderedSum(inputs, y!, context, { square: true, root: true }),
};

/** The L2 norm over all elements of all `flats`: (1). Not differentiable. */
export function globalNorm(graph: Graph, flats: readonly Tensor[]): Tensor {
  return graph.apply(operation, flats, null)[0]!;
}
