/** y = a + b of equal shapes: residual connections, and gradients that meet. */
import addForward from '../../shaders/add-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const forward = defineShader('add-forward', addForward);

const operation: Operation<null> = {
  name: 'add',
  sum: true,
  infer([a, b]) {
    checkShape('add', 'b', b!.shape, a!.shape);
    return [{ shape: a!.shape, dtype: 'f32' }];
  },
  reference([a, b]) {
    return [a!.map((value, index) => value + b![index]!)];
  },
  lower: ({ inputs: [a, b], outputs: [y] }, context) =>
    elementwise(forward, { a: a!, b: b!, y: y! }, context),
  backward({ outputGradients: [dy] }) {
    return [dy!, dy!];
  },
};

/** a + b; both of one shape. */
export function add(graph: Graph, a: Tensor, b: Tensor): Tensor {
  return graph.apply(operation, [a, b], null)[0]!;
}
