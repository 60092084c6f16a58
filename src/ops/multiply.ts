/** The product of two tensors of one shape, element by element. */
import multiplySource from '../../shaders/multiply.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const shader = defineShader('multiply', multiplySource);

const operation: Operation<null> = {
  name: 'multiply',
  infer([a, b]) {
    checkShape('multiply', 'b', b!.shape, a!.shape);
    return [{ shape: a!.shape, dtype: 'f32' }];
  },
  reference: ([a, b]) => [a!.map((value, i) => value * b![i]!)],
  lower: ({ inputs: [a, b], outputs: [y] }, context) => elementwise(shader, { a: a!, b: b!, y: y! }, context),
  backward: ({ graph, node, outputGradients: [dy] }) =>
    [1, 0].map((other) => multiply(graph, dy!, node.inputs[other]!)),
};

/** a · b elementwise. */
export function multiply(graph: Graph, a: Tensor, b: Tensor): Tensor {
  return graph.apply(operation, [a, b], null)[0]!;
}
