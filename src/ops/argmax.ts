/** y[n] = the column of the largest value of row n: greedy decoding. */
import argmaxSource from '../../shaders/argmax.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { rowDispatch } from './row-kernel.ts';

const shader = defineShader('argmax', argmaxSource);

const operation: Operation<null> = {
  name: 'argmax',
  infer([x]) {
    checkShape('argmax', 'x', x!.shape, [null, null]);
    return [{ shape: [x!.shape[0]!], dtype: 'i32' }];
  },
  reference([x], { inputs }) {
    const [rows, columns] = inputs[0]!.shape as [number, number];
    const best = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const values = x!.subarray(row * columns, (row + 1) * columns);
      best[row] = values.reduce((at, value, c) => (value > values[at]! ? c : at), 0);
    }
    return [best];
  },
  lower({ inputs: [x], outputs: [y] }, context) {
    const [rows, columns] = x!.shape as [number, number];
    return [rowDispatch({ shader, bindings: { x: x!, y: y! }, rows, columns }, context)];
  },
};

/** The column of each row's largest value in x (N, V), the first of equals: i32 (N). Not differentiable. */
export function argmax(graph: Graph, x: Tensor): Tensor {
  return graph.apply(operation, [x], null)[0]!;
}
