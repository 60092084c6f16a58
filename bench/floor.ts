/**
 * `step.floor`: how near a whole step comes to what its matrix products alone would take, each at the best rate that any
 * matmul kernel (the engine's or the plain probe) reaches on this adapter at its shape; and, stricter, all at the rate of
 * the one shape that goes fastest. Steps and products take turns, so that both see the same machine.
 */
import type { Gpu } from '../src/gpu/device.ts';
import type { Executable } from '../src/graph/executable.ts';
import { startAmuro } from './contestants/amuro.ts';
import type { BenchOptions } from './options.ts';
import {
  compileOurs,
  compilePlain,
  flopsOf,
  linearProducts,
  nameOf,
  stepFlops,
  timeRuns,
  type LinearProduct,
} from './products.ts';
import { makeRow, spread, type BenchRow } from './row.ts';
import { describeWork, works, type Work } from './work.ts';

/** A round repeats a product until it has taken about this long, in ms. */
const roundTime = 30;

interface Probe {
  readonly product: LinearProduct;
  readonly name: string;
  readonly executable: Executable;
  readonly repeats: number;
  /** FLOPs per millisecond, one for each round. */
  readonly rates: number[];
}

export async function benchFloor(gpu: Gpu, options: BenchOptions): Promise<BenchRow[]> {
  const work = works[options.work];
  console.log(describeWork(work));
  const probes: Probe[] = [];
  for (const product of linearProducts(work)) {
    probes.push(await probe(product, `the engine's ${nameOf(product)}`, await compileOurs(gpu, product)));
    if (product.layout === 'nn')
      probes.push(
        await probe(product, `plain vec4 4×4 ${nameOf(product)}`, await compilePlain(gpu, product)),
      );
  }
  const ours = await startAmuro(work);
  const times: number[] = [];
  for (let round = 0; round < options.steps; round++) {
    times.push((await ours.step(round + 2)).milliseconds);
    for (const { executable, repeats, rates, product } of probes)
      rates.push(flopsOf(product) / (await timeRuns(executable, repeats)));
  }
  await ours.dispose();
  for (const { executable } of probes) executable.destroy();
  const described = { gpu, bench: 'step.floor', work: work.name, unit: 'ms', better: 'lower' } as const;
  const flops = `${(stepFlops(work) / 1e9).toFixed(2)} GFLOP, causal half of attention only`;
  const best = fastest(probes);
  return [
    makeRow({
      ...described,
      peer: 'its matmul FLOPs, each shape at its best rate',
      ours: times,
      theirs: floorsByShape(work, probes),
      notes: `${flops} and at the best rate of all; ${rateRange(probes)}`,
    }),
    makeRow({
      ...described,
      peer: 'its matmul FLOPs, all at the best rate of any shape',
      ours: times,
      theirs: best.rates.map((rate) => stepFlops(work) / rate),
      notes: `${flops}; ${gigaflops(best)} GFLOP/s: ${best.name}`,
    }),
  ];
}

/** Milliseconds of all products for each round: linear ones at the rate of their own shape, attention at the best of all. */
function floorsByShape(work: Work, probes: readonly Probe[]): number[] {
  const shapes = byShape(probes);
  const linear = shapes.reduce((sum, { product }) => sum + product.count * flopsOf(product), 0);
  const rest = stepFlops(work) - linear;
  const best = fastest(probes);
  return best.rates.map((rate, round) =>
    shapes.reduce(
      (sum, { product, rates }) => sum + (product.count * flopsOf(product)) / rates[round]!,
      rest / rate,
    ),
  );
}

/** The fastest probe of each shape. */
function byShape(probes: readonly Probe[]): Probe[] {
  const names = new Set(probes.map(({ product }) => nameOf(product)));
  return [...names].map((name) => fastest(probes.filter(({ product }) => nameOf(product) === name)));
}

function fastest(probes: readonly Probe[]): Probe {
  return probes.reduce((a, b) => (spread(a.rates)[1] >= spread(b.rates)[1] ? a : b));
}

function gigaflops({ rates }: Probe): string {
  return (spread(rates)[1] / 1e6).toFixed(2);
}

function rateRange(probes: readonly Probe[]): string {
  const sorted = byShape(probes).sort((a, b) => spread(a.rates)[1] - spread(b.rates)[1]);
  const [slow, fast] = [sorted[0]!, sorted.at(-1)!];
  return `${gigaflops(slow)} (${nameOf(slow.product)}) to ${gigaflops(fast)} GFLOP/s (${nameOf(fast.product)})`;
}

async function probe(product: LinearProduct, name: string, executable: Executable): Promise<Probe> {
  const repeats = Math.max(1, Math.ceil(roundTime / (await timeRuns(executable, 2))));
  return { product, name, executable, repeats, rates: [] };
}
