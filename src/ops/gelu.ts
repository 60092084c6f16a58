/** Gaussian error linear units (Hendrycks & Gimpel 2016): exact, and the tanh form. */
import geluBackward from '../../shaders/gelu-backward.wgsl?raw';
import geluForward from '../../shaders/gelu-forward.wgsl?raw';
import geluTanhBackward from '../../shaders/gelu-tanh-backward.wgsl?raw';
import geluTanhForward from '../../shaders/gelu-tanh-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { activationOperation } from './activation.ts';
import { erfc } from './error-function.ts';

/** Φ(x), the standard normal distribution function. */
function distribution(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}

const exact = activationOperation({
  name: 'gelu',
  value: (x) => x * distribution(x),
  derivative: (x) => distribution(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  forward: defineShader('gelu-forward', geluForward),
  backward: defineShader('gelu-backward', geluBackward),
});

const slope = Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

const tanhForm = activationOperation({
  name: 'geluTanh',
  value: (x) => 0.5 * x * (1 + Math.tanh(slope * (x + cubic * x ** 3))),
  derivative(x) {
    const t = Math.tanh(slope * (x + cubic * x ** 3));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope * (1 + 3 * cubic * x * x);
  },
  forward: defineShader('gelu-tanh-forward', geluTanhForward),
  backward: defineShader('gelu-tanh-backward', geluTanhBackward),
});

/** x·Φ(x) elementwise, Φ by the error function: torch.nn.functional.gelu. */
export function gelu(graph: Graph, x: Tensor): Tensor {
  return graph.apply(exact, [x], null)[0]!;
}

/** x·(1 + tanh(√(2/π)·(x + 0.044715x³)))/2 elementwise: gelu with approximate = 'tanh'. */
export function geluTanh(graph: Graph, x: Tensor): Tensor {
  return graph.apply(tanhForm, [x], null)[0]!;
}
