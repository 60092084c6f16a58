/**
 * Slots: a few GPU buffers that hold all intermediates, each in a range and for a time of its own. One buffer for all
 * would be smallest, but WebGPU judges a buffer's usage in a dispatch as a whole: where one range is read, none may be
 * written. So tensors that a dispatch reads and tensors that it writes lie in different slots.
 */
import type { Dispatch } from './operation.ts';
import type { Tensor } from './tensor.ts';

export interface Lifetime {
  readonly tensor: Tensor;
  readonly bytes: number;
  /** Numbers of the first and the last dispatch that touch it. */
  readonly first: number;
  readonly last: number;
}

export interface PlacedTensor extends Lifetime {
  /** Bytes into the slot. */
  readonly start: number;
}

export interface Slot {
  readonly bytes: number;
  readonly placed: readonly PlacedTensor[];
}

export interface Place {
  readonly slot: number;
  readonly start: number;
}

/** Storage bindings start at multiples of this. */
const alignment = 256;

/** Orders of placing that are tried: which one packs best depends on the plan. */
const orders: readonly ((a: Lifetime, b: Lifetime) => number)[] = [
  (a, b) => b.bytes - a.bytes || a.first - b.first,
  (a, b) => b.bytes - a.bytes || duration(b) - duration(a) || a.first - b.first,
  (a, b) => b.bytes * duration(b) - a.bytes * duration(a) || a.first - b.first,
];

/** Slots for all `lifetimes`, none above `mostBytes`, of as few bytes as the best of a few orders finds. */
export function assignSlots(
  lifetimes: readonly Lifetime[],
  dispatches: readonly Dispatch[],
  mostBytes: number,
): Slot[] {
  const apart = readAndWritten(dispatches);
  const found = orders.map((order) => placeInOrder([...lifetimes].sort(order), apart, mostBytes));
  return found.reduce((best, other) => (totalBytes(other) < totalBytes(best) ? other : best));
}

function placeInOrder(
  lifetimes: readonly Lifetime[],
  apart: ReadonlyMap<Tensor, ReadonlySet<Tensor>>,
  mostBytes: number,
): Slot[] {
  const slots: { bytes: number; placed: PlacedTensor[] }[] = [];
  for (const lifetime of lifetimes) {
    const enemies = apart.get(lifetime.tensor);
    let best: { slot: (typeof slots)[number]; start: number; growth: number } | undefined;
    for (const slot of slots) {
      if (enemies && slot.placed.some(({ tensor }) => enemies.has(tensor))) continue;
      const start = lowestStart(lifetime, slot.placed);
      if (start + lifetime.bytes > mostBytes) continue;
      const growth = Math.max(0, start + lifetime.bytes - slot.bytes);
      // The tightest slot of those that grow least.
      if (!best || growth < best.growth || (growth === best.growth && slot.bytes < best.slot.bytes))
        best = { slot, start, growth };
    }
    if (!best || best.growth >= lifetime.bytes) {
      slots.push({ bytes: lifetime.bytes, placed: [{ ...lifetime, start: 0 }] });
    } else {
      best.slot.placed.push({ ...lifetime, start: best.start });
      best.slot.bytes += best.growth;
    }
  }
  return slots;
}

/** The lowest range of a slot that is free while the tensor lives. */
function lowestStart({ bytes, first, last }: Lifetime, placed: readonly PlacedTensor[]): number {
  const meeting = placed
    .filter((other) => other.first <= last && first <= other.last)
    .sort((a, b) => a.start - b.start);
  let start = 0;
  for (const other of meeting) {
    if (start + bytes <= other.start) break;
    start = Math.max(start, Math.ceil((other.start + other.bytes) / alignment) * alignment);
  }
  return start;
}

/** By tensor: those that some dispatch reads where it writes this one, or writes where it reads this one. */
function readAndWritten(dispatches: readonly Dispatch[]): Map<Tensor, Set<Tensor>> {
  const apart = new Map<Tensor, Set<Tensor>>();
  const separate = (a: Tensor, b: Tensor) => {
    if (!apart.has(a)) apart.set(a, new Set());
    apart.get(a)!.add(b);
  };
  for (const { shader, bindings } of dispatches) {
    const of = (wanted: string) =>
      shader.bindings.flatMap(({ name, access }) => (access === wanted ? [bindings[name]!.base] : []));
    for (const written of of('read_write')) {
      for (const read of of('read')) {
        separate(written, read);
        separate(read, written);
      }
    }
  }
  return apart;
}

function duration({ first, last }: Lifetime): number {
  return last - first + 1;
}

function totalBytes(slots: readonly Slot[]): number {
  return slots.reduce((sum, { bytes }) => sum + bytes, 0);
}
