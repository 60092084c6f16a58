/** The matrix products of one training step: which there are, how many multiplications they need, how fast each can go. */
import type { Gpu } from '../src/gpu/device.ts';
import { defineShader } from '../src/gpu/shader.ts';
import { Executable } from '../src/graph/executable.ts';
import { Graph } from '../src/graph/graph.ts';
import type { KernelChoices } from '../src/graph/lowering.ts';
import type { Operation } from '../src/graph/operation.ts';
import type { Shape, Tensor } from '../src/graph/tensor.ts';
import { VariableStore } from '../src/graph/variable-store.ts';
import { matmul } from '../src/ops/matmul.ts';
import type { MatmulLayout } from '../src/ops/matmul-kernels.ts';
import plainSource from './peers/matmul-4x4.wgsl?raw';
import type { Work } from './work.ts';

export interface Product {
  readonly layout: MatmulLayout;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** A product of the linear layers, and how many of it there are in a step. */
export interface LinearProduct extends Product {
  readonly count: number;
}

/** The distinct products of a work's linear layers: forward, gradient of the input, gradient of the weight. */
export function linearProducts({ config, options: { shape } }: Work): LinearProduct[] {
  const { layers: L, width: C, feedForward: F, vocabularySize: V } = config;
  const rows = shape.batch * shape.time;
  const layers = [
    [L, 3 * C, C],
    [L, C, C],
    [L, F, C],
    [L, C, F],
    [1, V, C],
  ] as const;
  const products = new Map<string, LinearProduct>();
  for (const [count, outputs, inputs] of layers) {
    const shapes: Product[] = [
      { layout: 'nt', m: rows, n: outputs, k: inputs },
      { layout: 'nn', m: rows, n: inputs, k: outputs },
      { layout: 'tn', m: outputs, n: inputs, k: rows },
    ];
    for (const product of shapes) {
      const name = nameOf(product);
      products.set(name, { ...product, count: count + (products.get(name)?.count ?? 0) });
    }
  }
  return [...products.values()];
}

/**
 * FLOPs of all matrix products that a step cannot do without: three per linear layer, six per attention head of which a
 * causal mask leaves half.
 */
export function stepFlops({ config, options: { shape } }: Work): number {
  const { layers: L, width: C, feedForward: F, vocabularySize: V } = config;
  const { batch: B, time: T } = shape;
  const linear = 3 * 2 * B * T * (L * (4 * C * C + 2 * C * F) + V * C);
  const attention = 6 * 2 * B * ((T * (T + 1)) / 2) * C * L;
  return linear + attention;
}

export function nameOf({ layout, m, n, k }: Product): string {
  return `${layout} ${m} × ${n} × ${k}`;
}

export const flopsOf = ({ m, n, k }: Product): number => 2 * m * n * k;

const plainShader = defineShader('matmul-4x4', plainSource);
/** The probe as an operation; it knows A (m, k) and B (k, n) only. */
const plain: Operation<Product> = {
  name: 'plainMatmul',
  infer: (_, { m, n }) => [{ shape: [m, n], dtype: 'f32' }],
  reference: () => {
    throw new Error('plainMatmul: only for measuring');
  },
  lower({ inputs: [a, b], outputs: [c], attributes: { m, n, k } }) {
    const workgroups = [Math.ceil(n / 32), Math.ceil(m / 32), 1] as const;
    return [{ shader: plainShader, bindings: { a: a!, b: b!, c: c! }, params: { m, n, k }, workgroups }];
  },
};

/** The engine's own kernel for a product, as it would choose it, alone in an executable. */
export function compileOurs(gpu: Gpu, product: Product, choices: KernelChoices = {}): Promise<Executable> {
  const { layout, m, n, k } = product;
  const shapes: Record<MatmulLayout, readonly [Shape, Shape]> = {
    nn: [
      [m, k],
      [k, n],
    ],
    nt: [
      [m, k],
      [n, k],
    ],
    tn: [
      [k, m],
      [k, n],
    ],
  };
  return compile(gpu, shapes[layout], choices, (graph, a, b) => matmul(graph, a, b, { layout }));
}

/** The plain probe on a product's sizes. */
export function compilePlain(gpu: Gpu, product: Product): Promise<Executable> {
  const { m, n, k } = product;
  const shapes = [
    [m, k],
    [k, n],
  ] as const;
  return compile(gpu, shapes, {}, (graph, a, b) => graph.apply(plain, [a, b], product)[0]!);
}

function compile(
  gpu: Gpu,
  shapes: readonly [Shape, Shape],
  choices: KernelChoices,
  build: (graph: Graph, a: Tensor, b: Tensor) => Tensor,
): Promise<Executable> {
  const graph = new Graph();
  const [a, b] = [graph.input('a', shapes[0]), graph.input('b', shapes[1])];
  return Executable.compile(gpu, graph, new VariableStore(gpu), { outputs: [build(graph, a, b)], choices });
}

/** Milliseconds of one run, over `repeats`, after one that is not timed. */
export async function timeRuns(executable: Executable, repeats: number): Promise<number> {
  executable.run();
  await executable.gpu.finish();
  const start = performance.now();
  for (let i = 0; i < repeats; i++) executable.run();
  await executable.gpu.finish();
  return (performance.now() - start) / repeats;
}
