/**
 * How long each kernel of a dispatch list takes, and how much it computes and moves. Dispatches run in their order,
 * each in a pass of its own, repeated within it where it is too short for the timer. What they write is not what a
 * step would have written: profile a program that nothing else needs.
 */
import type { Gpu } from '../gpu/device.ts';
import { GpuTimer, type Encode } from '../gpu/timer.ts';
import type { PreparedDispatch } from '../graph/executable.ts';
import type { Dispatch } from '../graph/operation.ts';
import { bytesOf, type Tensor } from '../graph/tensor.ts';
import { median } from './median.ts';

/** All dispatches of one kernel at one size, in one step. */
export interface KernelTime {
  /** The kernel's file, and for a product its sizes: `matmul-tile 512×128×64`. */
  readonly kernel: string;
  readonly dispatches: number;
  /** Of all of them together. */
  readonly milliseconds: number;
  /** Useful floating-point operations; null where the operation does not count them. */
  readonly flops: number | null;
  /** Bytes that must move at the least: everything read once, everything written once. */
  readonly bytes: number;
}

export interface ProfileOptions {
  /** How often everything is timed; the median counts. */
  readonly rounds?: number;
  readonly timer?: GpuTimer;
}

/** Time that a dispatch is repeated to fill, in multiples of what the timer may be off by. */
const resolutions = 20;
const mostRepeats = 64;
/** A list that takes longer than this, in ms, is timed once after its warm-up. */
const longList = 2000;

/** Times every dispatch of `prepared`. Resolves with one line for each kernel and size, the longest first. */
export async function profileDispatches(
  gpu: Gpu,
  prepared: readonly PreparedDispatch[],
  { rounds = 3, timer = new GpuTimer(gpu) }: ProfileOptions = {},
): Promise<KernelTime[]> {
  // The first run is the warm-up: drivers finish compiling at the first dispatch.
  await timer.time(prepared.map((one) => repeated(one, 1)));
  const first = await timer.time(prepared.map((one) => repeated(one, 1)));
  const total = first.reduce((sum, time) => sum + time, 0);
  const enough = resolutions * timer.resolution;
  const repeats = first.map((time) => Math.max(1, Math.min(mostRepeats, Math.ceil(enough / time))));
  const samples = first.map((time, index) => (repeats[index] === 1 ? [time] : []));
  for (let round = total > longList ? rounds : 0; round < rounds; round++) {
    const times = await timer.time(prepared.map((one, index) => repeated(one, repeats[index]!)));
    times.forEach((time, index) => samples[index]!.push(time / repeats[index]!));
  }
  const times = samples.map((sample, index) => median(sample.length > 0 ? sample : [first[index]!]));
  return byKernel(
    prepared.map(({ dispatch }) => dispatch),
    times,
  );
}

function repeated({ pipeline, bindGroup, dispatch }: PreparedDispatch, repeats: number): Encode {
  return (pass) => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...dispatch.workgroups);
  };
}

/** Dispatches with their times, added up by kernel and size. */
export function byKernel(dispatches: readonly Dispatch[], times: readonly number[]): KernelTime[] {
  const found = new Map<string, KernelTime>();
  dispatches.forEach((dispatch, index) => {
    const kernel = kernelLabel(dispatch);
    const before = found.get(kernel);
    const flops = dispatch.flops ?? null;
    found.set(kernel, {
      kernel,
      dispatches: (before?.dispatches ?? 0) + 1,
      milliseconds: (before?.milliseconds ?? 0) + times[index]!,
      flops:
        before === undefined ? flops : before.flops === null || flops === null ? null : before.flops + flops,
      bytes: (before?.bytes ?? 0) + bytesMoved(dispatch),
    });
  });
  return [...found.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

function kernelLabel({ shader, params = {} }: Dispatch): string {
  const { m, n, k } = params;
  return m && n && k ? `${shader.name} ${m}×${n}×${k}` : shader.name;
}

/** Bytes of all that is bound, what is bound twice once, unless the operation knows better. */
export function bytesMoved({ shader, bindings, bytes }: Dispatch): number {
  if (bytes !== undefined) return bytes;
  const ranges = new Map<string, number>();
  for (const { name, access } of shader.bindings) {
    const tensor = access === 'uniform' ? undefined : bindings[name];
    if (tensor) ranges.set(rangeOf(tensor), bytesOf(tensor));
  }
  return [...ranges.values()].reduce((sum, size) => sum + size, 0);
}

function rangeOf({ base, offset }: Tensor): string {
  return `${base.id} ${offset}`;
}
