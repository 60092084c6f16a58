/**
 * `matmul`: the engine's kernel for every product of a work's linear layers, forward and backward, against the plain
 * vec4 4×4 one on the same sizes, taking turns.
 */
import type { Gpu } from '../src/gpu/device.ts';
import type { BenchOptions } from './options.ts';
import {
  compileOurs,
  compilePlain,
  flopsOf,
  linearProducts,
  nameOf,
  timeRuns,
  type Product,
} from './products.ts';
import { makeRow, type BenchRow } from './row.ts';
import { works } from './work.ts';

/** A round repeats the product until it has taken about this long, in ms. */
const roundTime = 50;

export async function benchMatmul(gpu: Gpu, { work, steps }: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const product of linearProducts(works[work])) rows.push(await compare(gpu, work, product, steps));
  return rows;
}

async function compare(gpu: Gpu, work: string, product: Product, rounds: number): Promise<BenchRow> {
  const pair = [await compileOurs(gpu, product), await compilePlain(gpu, product)] as const;
  const repeats = Math.max(1, Math.ceil(roundTime / (await timeRuns(pair[1], 3))));
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [who, executable] of pair.entries())
      rates[who]!.push(flopsOf(product) / (await timeRuns(executable, repeats)) / 1e6);
  }
  for (const executable of pair) executable.destroy();
  return makeRow({
    gpu,
    bench: `matmul.${nameOf(product).replaceAll(' × ', 'x').replace(' ', '.')}`,
    work,
    peer: 'plain vec4 4×4',
    unit: 'GFLOP/s',
    better: 'higher',
    ours: rates[0],
    theirs: rates[1],
    notes: `by ${kernelOf(pair[0])}; the plain one as nn`,
  });
}

function kernelOf({ prepared }: Awaited<ReturnType<typeof compileOurs>>): string {
  return prepared.map(({ dispatch }) => dispatch.shader.name).join(' + ');
}
