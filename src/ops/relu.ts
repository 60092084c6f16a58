/** Rectified linear unit. */
import reluBackward from '../../shaders/relu-backward.wgsl?raw';
import reluForward from '../../shaders/relu-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { activationOperation } from './activation.ts';

const operation = activationOperation({
  name: 'relu',
  value: (x) => Math.max(x, 0),
  derivative: (x) => (x > 0 ? 1 : 0),
  forward: defineShader('relu-forward', reluForward),
  backward: defineShader('relu-backward', reluBackward),
});

/** max(x, 0) elementwise, its gradient 0 at 0: torch.nn.functional.relu. */
export function relu(graph: Graph, x: Tensor): Tensor {
  return graph.apply(operation, [x], null)[0]!;
}
