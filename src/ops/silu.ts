/** Sigmoid linear unit (Elfwing et al. 2017), the activation of gated MLPs that is also used alone. */
import siluBackward from '../../shaders/silu-backward.wgsl?raw';
import siluForward from '../../shaders/silu-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { activationOperation } from './activation.ts';

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

const operation = activationOperation({
  name: 'silu',
  value: (x) => x * logistic(x),
  derivative: (x) => logistic(x) * (1 + x * (1 - logistic(x))),
  forward: defineShader('silu-forward', siluForward),
  backward: defineShader('silu-backward', siluBackward),
});

/** x / (1 + exp(−x)) elementwise: torch.nn.functional.silu. */
export function silu(graph: Graph, x: Tensor): Tensor {
  return graph.apply(operation, [x], null)[0]!;
}
