/**
 * `step.floor`: how near a whole step comes to what its matrix products alone would take, at the best rate that any
 * matmul kernel (the engine's or the plain probe) reaches on this adapter at the step's own shapes. Steps and products
 * take turns, so that both see the same machine.
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
  type Product,
} from './products.ts';
import { makeRow, spread, type BenchRow } from './row.ts';
import { describeWork, works } from './work.ts';

/** A round repeats a product until it has taken about this long, in ms. */
const roundTime = 30;

interface Probe {
  readonly product: Product;
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
  const best = probes.reduce((a, b) => (spread(a.rates)[1] >= spread(b.rates)[1] ? a : b));
  const floors = best.rates.map((rate) => stepFlops(work) / rate);
  const rate = spread(best.rates)[1] / 1e6;
  return [
    makeRow({
      gpu,
      bench: 'step.floor',
      work: work.name,
      peer: 'its matmul FLOPs at the best matmul rate',
      unit: 'ms',
      better: 'lower',
      ours: times,
      theirs: floors,
      notes: `${(stepFlops(work) / 1e9).toFixed(2)} GFLOP, causal half of attention only; best rate ${rate.toFixed(2)} GFLOP/s: ${best.name}`,
    }),
  ];
}

async function probe(product: Product, name: string, executable: Executable): Promise<Probe> {
  const repeats = Math.max(1, Math.ceil(roundTime / (await timeRuns(executable, 2))));
  return { product, name, executable, repeats, rates: [] };
}
