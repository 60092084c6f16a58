/**
 * The memory plan: which intermediates share which buffer. A slot is one GPU buffer (not a range of one arena: WebGPU
 * judges a buffer's usage as a whole, and a dispatch that reads and writes one buffer is refused). Tensors whose
 * lifetimes do not meet share a slot; the largest are placed first, which keeps slots few and full.
 */
import { formatBytes } from '../gpu/buffers.ts';
import type { Graph } from './graph.ts';
import type { Dispatch } from './operation.ts';
import { bytesOf, type Tensor } from './tensor.ts';

export interface Lifetime {
  readonly tensor: Tensor;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Slot {
  readonly bytes: number;
  readonly tensors: readonly Tensor[];
}

export interface MemoryPlan {
  readonly slots: readonly Slot[];
  readonly slotOf: ReadonlyMap<Tensor, number>;
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
  readonly total: number;
  /** The most bytes of intermediates alive at one dispatch: what no plan can go below. */
  readonly peakLive: number;
}

/** Plans buffers for `dispatches`; tensors in `keep` stay readable after the last dispatch. */
export function planMemory(
  graph: Graph,
  dispatches: readonly Dispatch[],
  keep: readonly Tensor[],
): MemoryPlan {
  const lifetimes = findLifetimes(dispatches, keep);
  const packed = lifetimes.filter(({ tensor }) => isPacked(tensor));
  const shared = lifetimes.filter(({ tensor }) => !isPacked(tensor));
  const slots = packed.map(({ tensor, bytes }) => ({ bytes, tensors: [tensor] }));
  slots.push(...assignSlots(shared));
  const slotOf = new Map<Tensor, number>();
  slots.forEach((slot, index) => slot.tensors.forEach((tensor) => slotOf.set(tensor, index)));
  return { slots, slotOf, bytes: tabulate(graph, packed, slots, lifetimes) };
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

function assignSlots(lifetimes: readonly Lifetime[]): { bytes: number; tensors: Tensor[] }[] {
  const slots: { bytes: number; tensors: Tensor[]; taken: Lifetime[] }[] = [];
  for (const lifetime of [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const free = slots.filter((slot) =>
      slot.taken.every((other) => other.last < lifetime.first || lifetime.last < other.first),
    );
    // All slots are at least as large, so the smallest free one fits best.
    const slot = free.at(-1) ?? { bytes: lifetime.bytes, tensors: [], taken: [] };
    if (free.length === 0) slots.push(slot);
    slot.tensors.push(lifetime.tensor);
    slot.taken.push(lifetime);
  }
  return slots.map(({ bytes, tensors }) => ({ bytes, tensors }));
}

function tabulate(
  graph: Graph,
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
