/** Every benchmark, by name. */
import type { Gpu } from '../src/gpu/device.ts';
import { benchEncode } from './encode.ts';
import { benchFloor } from './floor.ts';
import { benchImport } from './import/bench.ts';
import { benchLosses } from './losses.ts';
import { benchMatmul } from './matmul.ts';
import { benchMemory } from './memory.ts';
import type { BenchOptions } from './options.ts';
import { benchPrecision } from './precision.ts';
import { benchProof } from './proof.ts';
import type { BenchRow } from './row.ts';
import { benchStep } from './step.ts';
import { benchWeights } from './weights.ts';
import type { WorkName } from './work.ts';

export interface Bench {
  readonly run: (gpu: Gpu, options: BenchOptions) => Promise<BenchRow[]>;
  /** Steps or rounds, unless told. */
  readonly steps: number;
  /** Fewer than this say nothing, and are not run. */
  readonly least?: number;
  /** Its work, unless told; otherwise what the adapter can do. */
  readonly work?: WorkName;
  /** It measures a first step: what drivers keep on disk is left aside. */
  readonly cold?: boolean;
  readonly what: string;
}

export const benches: Readonly<Record<string, Bench>> = {
  step: {
    run: benchStep,
    steps: 10,
    cold: true,
    what: 'whole steps, first step and peak memory, against every peer',
  },
  losses: { run: benchLosses, steps: 30, what: 'that every peer computes the same losses' },
  floor: { run: benchFloor, steps: 9, what: 'a step against what its matrix products alone would take' },
  matmul: { run: benchMatmul, steps: 9, what: 'every product of a step against a plain vec4 4×4 kernel' },
  memory: {
    run: benchMemory,
    steps: 1,
    what: 'the peak of a step, by recompute policy, against its arithmetic',
  },
  precision: {
    run: benchPrecision,
    steps: 300,
    least: 40,
    what: 'the loss curve with reduced storage against f32',
  },
  weights: { run: benchWeights, steps: 9, what: 'a step and a token by weights in bf16 against f32' },
  import: {
    run: benchImport,
    steps: 3,
    work: 'small',
    what: 'a model of --size MiB into the database of a browser, whatever the work',
  },
  encode: { run: benchEncode, steps: 30, what: 'what a dispatch costs the host' },
  proof: {
    run: benchProof,
    steps: 2000,
    least: 64,
    work: 'tiny',
    what: 'the same bits twice and across a pause; nothing grows',
  },
};
