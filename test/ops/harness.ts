/**
 * One check for every operation: kernels against the float64 reference, the reference's backward against finite
 * differences, the kernels' backward against the reference's; every GPU buffer poisoned with NaN before use.
 */
import { expect } from 'vitest';
import { defineShader } from '../../src/gpu/shader.ts';
import { Executable } from '../../src/graph/executable.ts';
import { Graph, type HostArray } from '../../src/graph/graph.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import type { Operation } from '../../src/graph/operation.ts';
import { sizeOf, type Shape, type Tensor } from '../../src/graph/tensor.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import type { KernelChoices } from '../../src/graph/lowering.ts';
import { add } from '../../src/ops/add.ts';
import { testGpu } from '../gpu/device.ts';

/** Relative L2 tolerances of f32 kernels against float64, with the reason for each. */
export const tolerance = {
  /** One rounding per element. */
  elementwise: 1e-6,
  /** Rows summed in f32: norms, softmax, cross-entropy, attention. */
  rows: 1e-5,
  /** Dot products of up to a few thousand terms. */
  dot: 1e-5,
} as const;

export interface Case {
  /** Float inputs by name; gradients are checked for these unless listed in `constant`. */
  readonly inputs: Readonly<
    Record<string, { shape: Shape; data?: ArrayLike<number>; scale?: number; constant?: boolean }>
  >;
  /** Integer inputs by name. */
  readonly indices?: Readonly<Record<string, { shape: Shape; data: Int32Array }>>;
  readonly build: (graph: Graph, tensors: Record<string, Tensor>) => Tensor | readonly Tensor[];
  readonly tolerance: number;
  readonly choices?: KernelChoices;
  readonly seed?: number;
  /** Skip finite differences where the function has kinks there. */
  readonly finiteDifferences?: boolean;
}

/** Runs all three comparisons of the file's header for one case. */
export async function checkOperation(description: Case): Promise<void> {
  const built = buildCase(description);
  const reference = new Interpreter(built.graph);
  reference.run(built.values);
  if (description.finiteDifferences !== false) checkFiniteDifferences(built, reference);
  const gpu = await testGpu();
  const store = new VariableStore(gpu);
  const kept = [...built.outputs, ...built.gradients.map(({ gradient }) => gradient)];
  const executable = await Executable.compile(gpu, built.graph, store, {
    outputs: kept,
    poison: true,
    choices: description.choices,
  });
  // Twice: the second run meets what the first left behind in shared buffers.
  for (let run = 0; run < 2; run++) {
    executable.run(
      Object.fromEntries(Object.entries(built.values).map(([name, value]) => [name, toHost(value)])),
    );
  }
  for (const [index, output] of built.outputs.entries()) {
    expectClose(
      await executable.read(output),
      reference.read(output),
      description.tolerance,
      `output ${index}`,
    );
  }
  for (const { name, gradient } of built.gradients) {
    expectClose(await executable.read(gradient), reference.read(gradient), description.tolerance, `d${name}`);
  }
  await gpu.finish();
  executable.destroy();
  store.destroy();
}

interface BuiltCase {
  readonly graph: Graph;
  readonly values: Record<string, Float64Array | Int32Array>;
  readonly outputs: readonly Tensor[];
  readonly loss: Tensor;
  readonly gradients: readonly { name: string; gradient: Tensor }[];
}

function buildCase(description: Case): BuiltCase {
  const random = seededNormal(description.seed ?? 1);
  const graph = new Graph();
  const tensors: Record<string, Tensor> = {};
  const values: BuiltCase['values'] = {};
  for (const [name, { shape, data, scale = 1 }] of Object.entries(description.inputs)) {
    tensors[name] = graph.input(name, shape);
    // Rounded to f32 so that both sides start from the same numbers.
    values[name] = Float64Array.from(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => data?.[i] ?? random() * scale),
    );
  }
  for (const [name, { shape, data }] of Object.entries(description.indices ?? {})) {
    tensors[name] = graph.input(name, shape, 'i32');
    values[name] = data;
  }
  const result = description.build(graph, tensors);
  const outputs = Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
  const differentiable = outputs.filter((output) => output.dtype === 'f32');
  const loss = differentiable
    .map((output) => {
      const weights = Float32Array.from({ length: sizeOf(output.shape) }, () => random());
      return weightedSum(graph, output, graph.constant('weights', weights, output.shape));
    })
    .reduce((a, b) => add(graph, a, b));
  const names = Object.entries(description.inputs)
    .filter(([, { constant }]) => !constant)
    .map(([name]) => name);
  const found = gradients(
    graph,
    loss,
    names.map((name) => tensors[name]!),
    add,
  );
  const wanted = found.flatMap((gradient, index) => (gradient ? [{ name: names[index]!, gradient }] : []));
  return { graph, values, outputs, loss, gradients: wanted };
}

/** Central differences along random directions: every input element takes part, at two evaluations per direction. */
function checkFiniteDifferences(built: BuiltCase, reference: Interpreter): void {
  const analytic = built.gradients.map(({ name, gradient }) => ({
    name,
    gradient: reference.read(gradient).slice(),
  }));
  const random = seededNormal(99);
  const step = 1e-5;
  for (const { name, gradient } of analytic) {
    for (let trial = 0; trial < 3; trial++) {
      const direction = Float64Array.from(gradient, () => random());
      const at = (sign: number) => {
        const original = built.values[name]!;
        const moved = Float64Array.from(original, (value, index) => value + sign * step * direction[index]!);
        reference.run({ ...built.values, [name]: moved });
        return reference.read(built.loss)[0]!;
      };
      const numeric = (at(1) - at(-1)) / (2 * step);
      const expected = gradient.reduce((sum, value, index) => sum + value * direction[index]!, 0);
      const scale = Math.max(1, Math.hypot(...gradient.subarray(0, 1000)), Math.abs(expected));
      expect(Math.abs(numeric - expected) / scale, `finite difference of d${name}`).toBeLessThan(1e-6);
    }
  }
  reference.run(built.values);
}

/** Fails with both arrays' first differing elements unless rel-L2(actual − expected) ≤ tolerance and all is finite. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  limit: number,
  what: string,
): void {
  expect(actual.length, `${what}: length`).toBe(expected.length);
  let difference = 0;
  let norm = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = actual[i]! - expected[i]!;
    if (!(Math.abs(error) <= Math.abs(actual[worst]! - expected[worst]!))) worst = i;
    difference += error * error;
    norm += expected[i]! * expected[i]!;
  }
  const relative = Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
  const message = `${what}: rel-L2 ${relative} > ${limit}; worst at ${worst}: got ${actual[worst]}, expected ${expected[worst]}`;
  expect(relative <= limit || Math.sqrt(difference) < 1e-12, message).toBe(true);
}

/** Choices by a rule instead of a list: what `choose` names, and the fallback where it names nothing. */
export function choicesBy(choose: (key: string) => string | undefined): KernelChoices {
  const property = (key: string | symbol) => {
    const value = choose(String(key));
    return value === undefined ? undefined : { value, enumerable: true, configurable: true };
  };
  return new Proxy(
    {},
    { getOwnPropertyDescriptor: (_, key) => property(key), get: (_, key) => property(key)?.value },
  );
}

function toHost(value: Float64Array | Int32Array): HostArray {
  return value instanceof Int32Array ? value : Float32Array.from(value);
}

/** Standard normal numbers from a seed (mulberry32 + Box–Muller). */
export function seededNormal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Σ x·w as an operation, so that any tensor can be made a loss. One invocation: it is only for tests. */
const weightedSumShader = defineShader(
  'weighted-sum',
  `struct Params { n: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
@compute @workgroup_size(1) fn main() {
  var sum = 0.0;
  for (var i = 0u; i < params.n; i++) { sum += x[i] * w[i]; }
  y[0] = sum;
}`,
);
const scaleShader = defineShader(
  'scale',
  `struct Params { n: u32 }
@group(0) @binding(0) var<storage, read> w: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.n) { dx[id.x] = w[id.x] * dy[0]; }
}`,
);
const scale: Operation<null> = {
  name: 'scale',
  infer: ([w]) => [{ shape: w!.shape, dtype: 'f32' }],
  reference: ([w, dy]) => [w!.map((value) => value * dy![0]!)],
  lower({ inputs: [w, dy], outputs: [dx] }) {
    const n = sizeOf(w!.shape);
    return [
      {
        shader: scaleShader,
        bindings: { w: w!, dy: dy!, dx: dx! },
        params: { n },
        workgroups: [Math.ceil(n / 64), 1, 1],
      },
    ];
  },
};
const weightedSumOperation: Operation<null> = {
  name: 'weightedSum',
  infer: () => [{ shape: [1], dtype: 'f32' }],
  reference: ([x, w]) => [Float64Array.of(x!.reduce((sum, value, index) => sum + value * w![index]!, 0))],
  lower({ inputs: [x, w], outputs: [y] }) {
    const n = sizeOf(x!.shape);
    return [
      { shader: weightedSumShader, bindings: { x: x!, w: w!, y: y! }, params: { n }, workgroups: [1, 1, 1] },
    ];
  },
  backward: ({ graph, node: { inputs }, outputGradients: [dy] }) => [
    graph.apply(scale, [inputs[1]!, dy!], null)[0]!,
    null,
  ],
};
function weightedSum(graph: Graph, x: Tensor, w: Tensor): Tensor {
  return graph.apply(weightedSumOperation, [x, w], null)[0]!;
}
