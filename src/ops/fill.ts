/** x = value everywhere, in place: clears what `accumulate` gathers. */
import fillSource from '../../shaders/fill.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const shader = defineShader('fill', fillSource);

interface Attributes {
  readonly value: number;
}

const operation: Operation<Attributes> = {
  name: 'fill',
  inPlace: { 0: 0 },
  infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }],
  reference: (_, { attributes: { value }, outputs }) => [
    new Float64Array(sizeOf(outputs[0]!.shape)).fill(value),
  ],
  lower: ({ inputs: [x], attributes: { value } }, context) =>
    elementwise(shader, { x: x! }, context, { params: { value } }),
};

/** Sets every element of x, in place, and returns the new x. */
export function fill(graph: Graph, x: Tensor, value: number): Tensor {
  return graph.apply(operation, [x], { value })[0]!;
}
