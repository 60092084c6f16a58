/**
 * The engine's fused operations as tfjs kernels with gradients: eager `tf.*` code in an analysis cell runs the same
 * WGSL as training, and `tf.grads` differentiates through the same hand-written backward.
 */
import * as tf from '@tensorflow/tfjs';
import type { Gpu } from '../gpu/device.ts';
import { backpropagate } from '../graph/gradients.ts';
import { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { add } from '../ops/add.ts';
import { causalAttention } from '../ops/causal-attention.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { gelu, geluTanh } from '../ops/gelu.ts';
import { layerNorm } from '../ops/layer-norm.ts';
import { rotary } from '../ops/rotary.ts';
import { planForTfjs, runOnTfjs, type TfjsPlan } from './graph-on-tfjs.ts';
import type { WebGPUBackend } from './tfjs-backend.ts';

type Attributes = Readonly<Record<string, number>>;

interface FusedKernel {
  /** Names of the tensors; their gradients exist unless listed in `constant`. */
  readonly inputs: readonly string[];
  readonly constant?: readonly string[];
  build(graph: Graph, tensors: Readonly<Record<string, Tensor>>, attributes: Attributes): Tensor;
}

const kernels = {
  LayerNorm: {
    inputs: ['x', 'weight', 'bias'],
    build: (graph, { x, weight, bias }, { epsilon }) => layerNorm(graph, x!, weight!, bias!, epsilon!),
  },
  Gelu: { inputs: ['x'], build: (graph, { x }) => gelu(graph, x!) },
  GeluTanh: { inputs: ['x'], build: (graph, { x }) => geluTanh(graph, x!) },
  Rotary: {
    inputs: ['x'],
    build: (graph, { x }, { rotaryDimensions, rotaryBase }) =>
      rotary(graph, x!, { rotaryDimensions: rotaryDimensions!, rotaryBase: rotaryBase! }),
  },
  CausalAttention: {
    inputs: ['q', 'k', 'v'],
    build: (graph, { q, k, v }, { scale }) => causalAttention(graph, q!, k!, v!, { scale: scale! }),
  },
  CrossEntropy: {
    inputs: ['logits', 'targets', 'weights'],
    constant: ['targets', 'weights'],
    build: (graph, { logits, targets, weights }) => crossEntropy(graph, logits!, targets!, weights!),
  },
} as const satisfies Record<string, FusedKernel>;

export type KernelName = keyof typeof kernels;

/** The name in tfjs's registry. */
export function registeredName(name: KernelName): string {
  return `Amuro${name}`;
}

/** Registers the kernels and their gradients for tensors of `backend`, which must be attached to `gpu`. */
export function registerKernels(gpu: Gpu, backend: WebGPUBackend): void {
  for (const [name, kernel] of Object.entries(kernels) as [KernelName, FusedKernel][]) {
    const forward = registeredName(name);
    const backward = `${forward}Gradient`;
    const differentiable = kernel.inputs.filter((input) => !kernel.constant?.includes(input));
    register(gpu, backend, forward, kernel.inputs, (graph, tensors, attributes) => [
      kernel.build(graph, tensors, attributes),
    ]);
    register(gpu, backend, backward, [...kernel.inputs, 'dy'], (graph, tensors, attributes) => {
      const seeds = new Map([[kernel.build(graph, tensors, attributes), tensors.dy!]]);
      const found = backpropagate(
        graph,
        seeds,
        differentiable.map((input) => tensors[input]!),
        add,
      );
      return found.map((gradient) => gradient!);
    });
    registerGradient(forward, backward, kernel.inputs, differentiable);
  }
}

type Build = (graph: Graph, tensors: Readonly<Record<string, Tensor>>, attributes: Attributes) => Tensor[];

/** Registers one kernel; what a graph needs is planned at its first call with given shapes and attributes. */
function register(
  gpu: Gpu,
  backend: WebGPUBackend,
  kernelName: string,
  inputs: readonly string[],
  build: Build,
): void {
  const plans = new Map<string, TfjsPlan>();
  // A kernel of a device attached earlier would record into that device's pass.
  if (tf.getKernel(kernelName, 'webgpu')) tf.unregisterKernel(kernelName, 'webgpu');
  tf.registerKernel({
    kernelName,
    backendName: 'webgpu',
    kernelFunc({ inputs: given, attrs }) {
      const tensors = Object.fromEntries(inputs.map((name) => [name, given[name]!]));
      const attributes = (attrs ?? {}) as Attributes;
      const key = JSON.stringify([inputs.map((name) => tensors[name]!.shape), attributes]);
      let plan = plans.get(key);
      if (!plan) plans.set(key, (plan = makePlan(gpu, build, tensors, attributes)));
      return runOnTfjs(backend, plan, tensors);
    },
  });
}

function makePlan(
  gpu: Gpu,
  build: Build,
  given: Readonly<Record<string, tf.TensorInfo>>,
  attributes: Attributes,
): TfjsPlan {
  const graph = new Graph();
  const tensors = Object.fromEntries(
    Object.entries(given).map(([name, { shape, dtype }]) => [
      name,
      graph.input(name, shape, dtype === 'float32' ? 'f32' : 'i32'),
    ]),
  );
  return planForTfjs(gpu, graph, build(graph, tensors, attributes));
}

function registerGradient(
  forward: string,
  backward: string,
  inputs: readonly string[],
  differentiable: readonly string[],
): void {
  tf.registerGradient({
    kernelName: forward,
    inputsToSave: [...inputs],
    gradFunc(dy, saved, attributes) {
      const named: Record<string, tf.Tensor> = { dy: dy as tf.Tensor };
      inputs.forEach((name, index) => (named[name] = saved[index]!));
      // All gradients by one run: tfjs would dispose of what one of the functions below made for another.
      const found = tf.engine().runKernel(backward, named, attributes) as unknown as tf.Tensor[];
      return Object.fromEntries(differentiable.map((name, index) => [name, () => found[index]!]));
    },
  });
}
