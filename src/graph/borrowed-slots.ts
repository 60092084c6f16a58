/** Slots of an executable that lie in another's buffers: of two that never run at once, one needs hardly any of its own. */
import { isPacked, type MemoryPlan, type MemoryTable } from './memory-plan.ts';
import type { Slot } from './slot-assignment.ts';

/**
 * For as many slots of `wanted` as can be, another of `lent` that is as large, the largest first: wanted index → lent
 * index. Flat tensors that parts were packed into take no part: the gaps between the parts must stay zero.
 */
export function borrowSlots(wanted: readonly Slot[], lent: readonly Slot[]): ReadonlyMap<number, number> {
  const free = indicesBySize(lent); // the smallest last
  const borrowed = new Map<number, number>();
  for (const slot of indicesBySize(wanted)) {
    const at = free.findLastIndex((index) => lent[index]!.bytes >= wanted[slot]!.bytes);
    if (at >= 0) borrowed.set(slot, free.splice(at, 1)[0]!);
  }
  return borrowed;
}

/** The byte table of a plan without what it borrows. */
export function withoutBorrowed(
  { bytes, slots }: MemoryPlan,
  borrowed: ReadonlyMap<number, number>,
): MemoryTable {
  const spared = [...borrowed.keys()].reduce((sum, slot) => sum + slots[slot]!.bytes, 0);
  return { ...bytes, slots: bytes.slots - spared, total: bytes.total - spared };
}

function indicesBySize(slots: readonly Slot[]): number[] {
  return [...slots.keys()]
    .filter((index) => !slots[index]!.placed.some(({ tensor }) => isPacked(tensor)))
    .sort((a, b) => slots[b]!.bytes - slots[a]!.bytes);
}
