/** The activation functions that a config can name, by transformers' `hidden_act` (activations.py, ACT2CLS). */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { gelu, geluTanh } from '../ops/gelu.ts';
import { multiply } from '../ops/multiply.ts';
import { relu } from '../ops/relu.ts';
import { silu } from '../ops/silu.ts';
import { swiglu } from '../ops/swiglu.ts';

const functions = { gelu, gelu_tanh: geluTanh, silu, relu };

export type Activation = keyof typeof functions;

/** Several names for one function: implementations that differ in rounding only. */
export const activationNames: Readonly<Record<string, Activation>> = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_python_tanh: 'gelu_tanh',
  gelu_accurate: 'gelu_tanh',
  silu: 'silu',
  swish: 'silu',
  relu: 'relu',
};

export function activate(graph: Graph, activation: Activation, x: Tensor): Tensor {
  return functions[activation](graph, x);
}

/** activation(gate) · up, in one pass where the activation is the usual one. */
export function gated(graph: Graph, activation: Activation, gate: Tensor, up: Tensor): Tensor {
  if (activation === 'silu') return swiglu(graph, gate, up);
  return multiply(graph, activate(graph, activation, gate), up);
}

/** `hidden_act` for a config.json. */
export function activationToHuggingFace(activation: Activation): string {
  return activation === 'gelu_tanh' ? 'gelu_pytorch_tanh' : activation;
}
