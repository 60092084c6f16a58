/** y = silu(gate) · up: the gated activation of Llama-type models (Shazeer 2020). */
import swigluBackward from '../../shaders/swiglu-backward.wgsl?raw';
import swigluForward from '../../shaders/swiglu-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const forward = defineShader('swiglu-forward', swigluForward);
const backward = defineShader('swiglu-backward', swigluBackward);

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

const operation: Operation<null> = {
  name: 'swiglu',
  cheap: true,
  infer([gate, up]) {
    checkShape('swiglu', 'up', up!.shape, gate!.shape);
    return [{ shape: gate!.shape, dtype: 'f32' }];
  },
  reference: ([gate, up]) => [gate!.map((g, i) => g * logistic(g) * up![i]!)],
  lower: ({ inputs: [gate, up], outputs: [y] }, context) =>
    elementwise(forward, { gate: gate!, up: up!, y: y! }, context),
  backward: ({ graph, node, outputGradients: [dy] }) =>
    graph.apply(gradient, [node.inputs[0]!, node.inputs[1]!, dy!], null),
};

const gradient: Operation<null> = {
  name: 'swigluBackward',
  infer: ([gate]) => [0, 1].map(() => ({ shape: gate!.shape, dtype: 'f32' as const })),
  reference([gate, up, dy]) {
    const dgate = gate!.map((g, i) => dy![i]! * up![i]! * logistic(g) * (1 + g * (1 - logistic(g))));
    return [dgate, gate!.map((g, i) => dy![i]! * g * logistic(g))];
  },
  lower: ({ inputs: [gate, up, dy], outputs: [dgate, dup] }, context) =>
    elementwise(backward, { gate: gate!, up: up!, dy: dy!, dgate: dgate!, dup: dup! }, context),
};

/** silu(gate) · up elementwise, for gate and up of one shape; silu(x) = x / (1 + exp(−x)). */
export function swiglu(graph: Graph, gate: Tensor, up: Tensor): Tensor {
  return graph.apply(operation, [gate, up], null)[0]!;
}
