/** y = silu(gate) · up where one projection made both: gate the first half of each row, up the second. */
import swigluFusedBackward from '../../shaders/swiglu-fused-backward.wgsl?raw';
import swigluFusedForward from '../../shaders/swiglu-fused-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const forward = defineShader('swiglu-fused-forward', swigluFusedForward);
const backward = defineShader('swiglu-fused-backward', swigluFusedBackward);

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Where the gate of element `i` of y lies in the fused matrix; its up lies `columns` further. */
function gateIndex(i: number, columns: number): number {
  return i + Math.floor(i / columns) * columns;
}

const operation: Operation<null> = {
  name: 'swigluFused',
  cheap: true,
  infer([gateUp]) {
    checkShape('swigluFused', 'gateUp', gateUp!.shape, [null, null]);
    const [rows, columns] = gateUp!.shape as [number, number];
    if (columns % 2 !== 0)
      throw new RangeError(
        `swigluFused: gateUp has two halves, got ${columns} columns, expected an even number`,
      );
    return [{ shape: [rows, columns / 2], dtype: 'f32' }];
  },
  reference([gateUp], { outputs }) {
    const columns = outputs[0]!.shape[1]!;
    return [
      Float64Array.from({ length: gateUp!.length / 2 }, (_, i) => {
        const at = gateIndex(i, columns);
        return gateUp![at]! * logistic(gateUp![at]!) * gateUp![at + columns]!;
      }),
    ];
  },
  lower: ({ inputs: [gateUp], outputs: [y] }, context) =>
    elementwise(forward, { y: y!, gate_up: gateUp! }, context, { counts: { columns: y!.shape[1]! } }),
  backward: ({ graph, node, outputGradients: [dy] }) => graph.apply(gradient, [node.inputs[0]!, dy!], null),
};

const gradient: Operation<null> = {
  name: 'swigluFusedBackward',
  infer: ([gateUp]) => [{ shape: gateUp!.shape, dtype: 'f32' }],
  reference([gateUp, dy], { inputs }) {
    const columns = inputs[1]!.shape[1]!;
    const dgateUp = new Float64Array(gateUp!.length);
    dy!.forEach((d, i) => {
      const at = gateIndex(i, columns);
      const g = gateUp![at]!;
      dgateUp[at] = d * gateUp![at + columns]! * logistic(g) * (1 + g * (1 - logistic(g)));
      dgateUp[at + columns] = d * g * logistic(g);
    });
    return [dgateUp];
  },
  lower: ({ inputs: [gateUp, dy], outputs: [dgateUp] }, context) =>
    elementwise(backward, { dy: dy!, gate_up: gateUp!, dgate_up: dgateUp! }, context, {
      counts: { columns: dy!.shape[1]! },
    }),
};

/** gateUp (N, 2·F), each row gate | up: silu(gate) · up, (N, F). */
export function swigluFused(graph: Graph, gateUp: Tensor): Tensor {
  return graph.apply(operation, [gateUp], null)[0]!;
}
