/** y = min(max(x, low), high): OLMo's clip_qkv. */
import clampBackward from '../../shaders/clamp-backward.wgsl?raw';
import clampForward from '../../shaders/clamp-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { elementwise } from './elementwise.ts';

const forward = defineShader('clamp-forward', clampForward);
const backward = defineShader('clamp-backward', clampBackward);

interface Attributes {
  readonly low: number;
  readonly high: number;
}

const operation: Operation<Attributes> = {
  name: 'clamp',
  cheap: true,
  infer([x], { low, high }) {
    if (!(low <= high))
      throw new RangeError(
        `clamp: the bounds are in the wrong order, got ${low} and ${high}, expected low ≤ high`,
      );
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  reference: ([x], { attributes: { low, high } }) => [
    x!.map((value) => Math.min(Math.max(value, low), high)),
  ],
  lower: ({ inputs: [x], outputs: [y], attributes: { low, high } }, context) =>
    elementwise(forward, { x: x!, y: y! }, context, { params: { low, high } }),
  backward: ({ graph, node: { inputs, attributes }, outputGradients: [dy] }) =>
    graph.apply(gradient, [inputs[0]!, dy!], attributes),
};

const gradient: Operation<Attributes> = {
  name: 'clampBackward',
  infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }],
  reference: ([x, dy], { attributes: { low, high } }) => [
    dy!.map((g, i) => (x![i]! >= low && x![i]! <= high ? g : 0)),
  ],
  lower: ({ inputs: [x, dy], outputs: [dx], attributes: { low, high } }, context) =>
    elementwise(backward, { x: x!, dy: dy!, dx: dx! }, context, { params: { low, high } }),
};

/** x limited to [low, high] elementwise; the gradient passes where low ≤ x ≤ high, bounds included, as in PyTorch. */
export function clamp(graph: Graph, x: Tensor, low: number, high: number): Tensor {
  return graph.apply(operation, [x], { low, high })[0]!;
}
