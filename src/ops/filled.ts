/** Constants of one repeated number, and other constants that operations share: one buffer per graph and label. */
import type { Graph, HostArray } from '../graph/graph.ts';
import { formatShape, sizeOf, type Shape, type Tensor } from '../graph/tensor.ts';

/** A constant full of `value`. */
export function filled(graph: Graph, value: number, shape: Shape): Tensor {
  return sharedConstant(graph, `filled ${value} ${formatShape(shape)}`, shape, () =>
    new Float32Array(sizeOf(shape)).fill(value),
  );
}

/** The graph's constant of this label, made at the first asking. */
export function sharedConstant(graph: Graph, label: string, shape: Shape, make: () => HostArray): Tensor {
  for (const constant of graph.constants.keys()) if (constant.name === label) return constant;
  return graph.constant(label, make(), shape);
}
