/** The merges of a BPE model by pair of ids: an open-addressed hash table in typed arrays, several times a Map's speed. */

export class PairTable {
  private readonly mask: number;
  /** left, right, rank of each slot; rank −1 where it is empty. */
  private readonly slots: Int32Array;

  /** @param capacity the most pairs that will be set */
  constructor(capacity: number) {
    let size = 16;
    while (size < 2 * capacity) size *= 2;
    this.mask = size - 1;
    this.slots = new Int32Array(3 * size).fill(-1);
  }

  /** A pair that is set again has its last rank, as in the Rust model. */
  set(left: number, right: number, rank: number): void {
    const at = this.find(left, right);
    this.slots[at] = left;
    this.slots[at + 1] = right;
    this.slots[at + 2] = rank;
  }

  /** The rank of a pair, or −1. */
  get(left: number, right: number): number {
    return this.slots[this.find(left, right) + 2]!;
  }

  private find(left: number, right: number): number {
    const { slots, mask } = this;
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    for (let at = 3 * slot; ; at = 3 * slot) {
      if (slots[at + 2] === -1 || (slots[at] === left && slots[at + 1] === right)) return at;
      slot = (slot + 1) & mask;
    }
  }
}
