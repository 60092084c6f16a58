/** The memory plan: which intermediates share which buffer (slot-assignment.ts says how), and the table of all bytes. */
import { formatBytes } from '../gpu/buffers.ts';
import type { Graph } from './graph.ts';
import { uniformStride } from './binding.ts';
import type { Dispatch } from './operation.ts';
import { assignSlots, type Lifetime, type Place, type Slot } from './slot-assignment.ts';
import { bytesOf, type Tensor } from './tensor.ts';

export interface MemoryPlan {
  readonly slots: readonly Slot[];
  /** Where each intermediate lies. */
  readonly places: ReadonlyMap<Tensor, Place>;
  readonly bytes: MemoryTable;
}

/** Bytes by what they are for. */
export interface MemoryTable {
  readonly variables: number;
  readonly inputs: number;
  readonly constants: number;
  /** Flat tensors that parts were packed into: the gradients. */
  readonly packed: number;
  /** Slots shared by all other intermediates. */
  readonly slots: number;
  /** Parameters of the dispatches. */
  readonly uniforms: number;
  readonly total: number;
  /** The most bytes of intermediates alive at one dispatch: what no plan can go below. */
  readonly peakLive: number;
}

/** Plans buffers of at most `mostBytes` for `dispatches`; tensors in `keep` stay readable after the last dispatch. */
export function planMemory(
  graph: Graph,
  dispatches: readonly Dispatch[],
  keep: readonly Tensor[],
  mostBytes = Infinity,
): MemoryPlan {
  const lifetimes = findLifetimes(dispatches, keep);
  const packed = lifetimes.filter(({ tensor }) => isPacked(tensor));
  const slots = packed.map((lifetime): Slot => ({
    bytes: lifetime.bytes,
    placed: [{ ...lifetime, start: 0 }],
  }));
  slots.push(
    ...assignSlots(
      lifetimes.filter(({ tensor }) => !isPacked(tensor)),
      dispatches,
      mostBytes,
    ),
  );
  const places = new Map<Tensor, Place>();
  slots.forEach(({ placed }, slot) =>
    placed.forEach(({ tensor, start }) => places.set(tensor, { slot, start })),
  );
  return { slots, places, bytes: tabulate(graph, dispatches.length, packed, slots, lifetimes) };
}

/** A pack's flat tensor is made by no node; it gets a zeroed buffer of its own, so that the gaps between parts stay 0. */
export function isPacked(tensor: Tensor): boolean {
  return (
    tensor.role === 'intermediate' &&
    tensor.base === tensor &&
    tensor.node === null &&
    !tensor.name.startsWith('scratch')
  );
}

function findLifetimes(dispatches: readonly Dispatch[], keep: readonly Tensor[]): Lifetime[] {
  const spans = new Map<Tensor, { first: number; last: number }>();
  dispatches.forEach((dispatch, index) => {
    for (const tensor of Object.values(dispatch.bindings)) {
      if (tensor.base.role !== 'intermediate') continue;
      const span = spans.get(tensor.base);
      if (span) span.last = index;
      else spans.set(tensor.base, { first: index, last: index });
    }
  });
  for (const tensor of keep) {
    const span = spans.get(tensor.base);
    if (span) span.last = dispatches.length;
  }
  return [...spans].map(([tensor, { first, last }]) => ({ tensor, bytes: bytesOf(tensor), first, last }));
}

function tabulate(
  graph: Graph,
  dispatches: number,
  packed: readonly Lifetime[],
  slots: readonly { bytes: number }[],
  lifetimes: readonly Lifetime[],
): MemoryTable {
  const packedBytes = packed.reduce((bytes, lifetime) => bytes + lifetime.bytes, 0);
  const table = {
    variables: sumBytes(graph.variables.values()),
    inputs: sumBytes(graph.inputs.values()),
    constants: sumBytes(graph.constants.keys()),
    packed: packedBytes,
    slots: slots.reduce((bytes, slot) => bytes + slot.bytes, 0) - packedBytes,
    uniforms: Math.max(1, dispatches) * uniformStride,
  };
  const total = Object.values(table).reduce((a, b) => a + b, 0);
  return { ...table, total, peakLive: peakLive(lifetimes) };
}

function peakLive(lifetimes: readonly Lifetime[]): number {
  const change = new Map<number, number>();
  for (const { bytes, first, last } of lifetimes) {
    change.set(first, (change.get(first) ?? 0) + bytes);
    change.set(last + 1, (change.get(last + 1) ?? 0) - bytes);
  }
  let live = 0;
  let peak = 0;
  for (const index of [...change.keys()].sort((a, b) => a - b))
    peak = Math.max(peak, (live += change.get(index)!));
  return peak;
}

/** The table of several plans whose executables are alive together, over one store: a shared variable counts once. */
export function joinTables(plans: readonly { graph: Graph; memory: MemoryTable }[]): MemoryTable {
  const variables = new Map(plans.flatMap(({ graph }) => [...graph.variables]));
  const sum = (part: (table: MemoryTable) => number) =>
    plans.reduce((bytes, { memory }) => bytes + part(memory), 0);
  const table = {
    variables: sumBytes(variables.values()),
    inputs: sum(({ inputs }) => inputs),
    constants: sum(({ constants }) => constants),
    packed: sum(({ packed }) => packed),
    slots: sum(({ slots }) => slots),
    uniforms: sum(({ uniforms }) => uniforms),
  };
  const total = Object.values(table).reduce((a, b) => a + b, 0);
  return { ...table, total, peakLive: Math.max(...plans.map(({ memory }) => memory.peakLive)) };
}

function sumBytes(tensors: Iterable<Tensor>): number {
  return [...tensors].reduce((bytes, tensor) => bytes + bytesOf(tensor), 0);
}

/** The byte table for people, one line each. */
export function formatMemory(table: MemoryTable): string {
  return Object.entries(table)
    .map(([name, bytes]) => `${name.padEnd(10)} ${formatBytes(bytes as number)}`)
    .join('\n');
}
