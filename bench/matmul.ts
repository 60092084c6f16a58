/**
 * `matmul`: the engine's kernel for each layout against the plain vec4 4×4 one, taking turns, over the shapes of one
 * layer of a work: the projection to 3C (nt), its input gradient (nn) and its weight gradient (tn).
 */
import { describe } from '../scripts/node-gpu.ts';
import type { Gpu } from '../src/gpu/device.ts';
import { defineShader } from '../src/gpu/shader.ts';
import { Executable } from '../src/graph/executable.ts';
import { Graph } from '../src/graph/graph.ts';
import type { Operation } from '../src/graph/operation.ts';
import type { Shape } from '../src/graph/tensor.ts';
import { VariableStore } from '../src/graph/variable-store.ts';
import { matmul } from '../src/ops/matmul.ts';
import type { MatmulLayout } from '../src/ops/matmul-kernels.ts';
import plainSource from './peers/matmul-4x4.wgsl?raw';
import { ratio, spread, type BenchRow } from './row.ts';
import { works, type WorkName } from './work.ts';

const rounds = 9;
/** A round repeats the product until it has taken about this long, in ms. */
const roundTime = 100;

interface Product {
  readonly layout: MatmulLayout;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const plainShader = defineShader('matmul-4x4', plainSource);
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

export async function benchMatmul(gpu: Gpu, names: readonly WorkName[]): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const name of names) {
    const { config, options } = works[name];
    const tokens = options.shape.batch * options.shape.time;
    const [C, wide] = [config.width, 3 * config.width];
    rows.push(await compare(gpu, name, { layout: 'nt', m: tokens, n: wide, k: C }));
    rows.push(await compare(gpu, name, { layout: 'nn', m: tokens, n: C, k: wide }));
    rows.push(await compare(gpu, name, { layout: 'tn', m: wide, n: C, k: tokens }));
  }
  return rows;
}

async function compare(gpu: Gpu, work: string, product: Product): Promise<BenchRow> {
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
  const store = new VariableStore(gpu);
  const compile = (operands: readonly [Shape, Shape], build: typeof matmul) => {
    const graph = new Graph();
    const [a, b] = operands.map((shape, index) => graph.input('ab'[index]!, shape));
    return Executable.compile(gpu, graph, store, { outputs: [build(graph, a!, b!, { layout })] });
  };
  const ours = await compile(shapes[layout], matmul);
  const theirs = await compile(shapes.nn, (graph, a, b) => graph.apply(plain, [a, b], product)[0]!);
  const repeats = Math.max(1, Math.ceil(roundTime / (await time(theirs, 3))));
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [who, executable] of [ours, theirs].entries()) {
      rates[who]!.push((2 * m * n * k) / (await time(executable, repeats)) / 1e6);
    }
  }
  ours.destroy();
  theirs.destroy();
  const [a, b] = rates.map(spread);
  return {
    bench: `matmul.${layout}`,
    work,
    adapter: describe(gpu),
    subject: 'amuro',
    peer: 'plain vec4 4×4',
    unit: 'GFLOP/s',
    ours: a!,
    theirs: b!,
    ratio: ratio('higher', a!, b!),
    notes: `${m} × ${n} × ${k}; the plain one as nn`,
  };
}

/** Milliseconds of one run, over `repeats`, after one that is not timed. */
async function time(executable: Executable, repeats: number): Promise<number> {
  executable.run();
  await executable.gpu.finish();
  const start = performance.now();
  for (let i = 0; i < repeats; i++) executable.run();
  await executable.gpu.finish();
  return (performance.now() - start) / repeats;
}
