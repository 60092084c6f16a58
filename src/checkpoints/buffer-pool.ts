/** Buffers that are filled again and again: thousands of new ones would be garbage that is collected late. */

/** No more wait to be filled; a model's layers are alike, so few lengths return. */
const kept = 3;

export class BufferPool {
  /** In the order in which they were given. */
  readonly #free: ArrayBuffer[] = [];

  /** A buffer of exactly this many bytes, with anything in it. */
  take(size: number): ArrayBuffer {
    const index = this.#free.findIndex(({ byteLength }) => byteLength === size);
    return index === -1 ? new ArrayBuffer(size) : this.#free.splice(index, 1)[0]!;
  }

  /** Gives back a buffer that nobody reads or writes any more. The oldest goes when there are too many. */
  give(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
    if (this.#free.length > kept) this.#free.shift();
  }
}
