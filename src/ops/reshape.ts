/** The same numbers under another shape: a view, no kernel. */
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { formatShape, sizeOf, type Shape, type Tensor } from '../graph/tensor.ts';

interface Attributes {
  readonly shape: Shape;
}

const operation: Operation<Attributes> = {
  name: 'reshape',
  alias: { 0: 0 },
  infer([x], { shape }) {
    if (sizeOf(x!.shape) !== sizeOf(shape)) {
      throw new RangeError(
        `reshape: sizes differ, got ${formatShape(x!.shape)}, expected ${formatShape(shape)}`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  reference: ([x]) => [x!],
  lower: () => [],
  backward({ graph, node, outputGradients: [dy] }) {
    return [reshape(graph, dy!, node.inputs[0]!.shape)];
  },
};

/** x under another shape of the same size; shares x's storage. */
export function reshape(graph: Graph, x: Tensor, shape: Shape): Tensor {
  return graph.apply(operation, [x], { shape })[0]!;
}
