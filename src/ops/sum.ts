/** y = Σ x, or its mean, over all elements. */
import sumBackward from '../../shaders/sum-backward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { sizeOf, type Shape, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';
import { orderedSum } from './ordered-sum.ts';

const backward = defineShader('sum-backward', sumBackward);

interface Attributes {
  readonly scale: number;
}

const operation: Operation<Attributes> = {
  name: 'sum',
  infer: () => [{ shape: [1], dtype: 'f32' }],
  reference: ([x], { attributes: { scale } }) => [
    Float64Array.of(scale * x!.reduce((sum, value) => sum + value, 0)),
  ],
  lower: ({ inputs, outputs: [y], attributes: { scale } }, context) =>
    orderedSum(inputs, y!, context, { scale }),
  backward({ graph, node, outputGradients: [dy] }) {
    return [graph.apply(gradient, [dy!], { shape: node.inputs[0]!.shape, scale: node.attributes.scale })[0]!];
  },
};

const gradient: Operation<Attributes & { shape: Shape }> = {
  name: 'sumBackward',
  infer: (_, { shape }) => [{ shape, dtype: 'f32' }],
  reference: ([dy], { attributes: { shape, scale } }) => [
    new Float64Array(sizeOf(shape)).fill(scale * dy![0]!),
  ],
  lower: ({ inputs: [dy], outputs: [dx], attributes: { scale } }, context) =>
    elementwise(backward, { dx: dx!, dy: dy! }, context, { params: { scale } }),
};

/** The sum of all elements of x, of any shape: (1). */
export function sum(graph: Graph, x: Tensor): Tensor {
  return graph.apply(operation, [x], { scale: 1 })[0]!;
}

/** The mean of all elements of x, of any shape: (1). */
export function mean(graph: Graph, x: Tensor): Tensor {
  return graph.apply(operation, [x], { scale: 1 / sizeOf(x.shape) })[0]!;
}
