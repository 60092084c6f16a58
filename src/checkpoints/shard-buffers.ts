/** Buffers that are filled again and again: new ones would be garbage that is collected dozens of shards later. */
import { maxShardBytes } from './shards.ts';
import type { Bytes } from './tensor-source.ts';

/** Of each of the two sets. */
const keptBytes = 1.5 * maxShardBytes;

/** Two sets: of one a buffer is filled while what was filled of the other is hashed. */
export class ShardBuffers {
  /** By length: a model's layers are alike, so few are enough. The oldest first. */
  #filled = new Map<number, Bytes>();
  #hashed = new Map<number, Bytes>();

  /** A buffer of exactly this many bytes, for IndexedDB stores whole buffers. */
  take(size: number): Bytes {
    const buffer = this.#filled.get(size) ?? new Uint8Array(size);
    this.#filled.delete(size);
    let kept = size;
    for (const length of this.#filled.keys()) kept += length;
    for (const length of this.#filled.keys()) {
      if (kept <= keptBytes) break;
      this.#filled.delete(length);
      kept -= length;
    }
    this.#filled.set(size, buffer);
    return buffer;
  }

  /** What was taken last is to be hashed, and what was hashed before may be filled. */
  swap(): void {
    [this.#filled, this.#hashed] = [this.#hashed, this.#filled];
  }
}
