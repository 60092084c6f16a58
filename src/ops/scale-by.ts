/** y = s · x for a number s that is itself a tensor. */
import scaleBySource from '../../shaders/scale-by.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const shader = defineShader('scale-by', scaleBySource);

const operation: Operation<null> = {
  name: 'scaleBy',
  infer([x, factor]) {
    checkShape('scaleBy', 'factor', factor!.shape, [1]);
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  reference: ([x, factor]) => [x!.map((value) => value * factor![0]!)],
  lower: ({ inputs: [x, factor], outputs: [y] }, context) =>
    elementwise(shader, { x: x!, y: y!, factor: factor! }, context),
};

/** x of any shape times factor (1). Has no backward of its own: it serves gradients. */
export function scaleBy(graph: Graph, x: Tensor, factor: Tensor): Tensor {
  return graph.apply(operation, [x, factor], null)[0]!;
}
