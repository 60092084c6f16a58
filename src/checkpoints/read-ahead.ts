/**
 * A byte source that asks for more than is read, so that many small tensors cost one request and not many, and large
 * ones come while what came before is used. What is read from front to back is asked for once.
 */
import type { ByteSource } from './byte-source.ts';
import type { BufferPool } from './buffer-pool.ts';

const usual = {
  /** Bytes of a window: a second at 34 Mbit/s. */
  window: 2 ** 22,
  /** For what stands alone: the header of some thousand tensors, the norms of a layer that is stored already. */
  small: 2 ** 19,
  /** Between the tensors of a file may lie padding. */
  gap: 2 ** 16,
};
/** Windows under way beside the one in use: while one arrives, the next is asked for. */
const windowsAhead = 2;

interface Window {
  readonly start: number;
  readonly end: number;
  readonly bytes: Promise<ArrayBuffer>;
}

/** @param pool takes back the buffers of windows that are used no longer */
export function readAhead(source: ByteSource, pool: BufferPool, sizes = usual): ByteSource {
  const ahead = new ReadAhead(source, pool, sizes);
  return {
    size: source.size,
    slice: (start, end) => ({ arrayBuffer: () => ahead.read(start, end) }),
    pieces: (start, end) => ahead.pieces(start, end),
  };
}

class ReadAhead {
  /** Without gaps, the one in use first. */
  #windows: Window[] = [];
  /** Where the last tensor ended. */
  #position = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly pool: BufferPool,
    private readonly sizes: typeof usual,
  ) {}

  /** A copy: for headers and directories. */
  async read(start: number, end: number): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(end - start);
    for (let at = start; at < end;) {
      const window = this.#windowAt(at, Math.max(end, at + this.sizes.small));
      const arrived = await this.#arrived(window);
      const until = Math.min(end, window.end);
      bytes.set(new Uint8Array(arrived, at - window.start, until - at), at - start);
      at = until;
    }
    return bytes.buffer;
  }

  /** Views of windows. */
  async *pieces(start: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    // What goes on where the last read ended will probably do so again, unless what follows is stored already.
    const goesOn = start >= this.#position && start - this.#position <= this.sizes.gap;
    const limit = goesOn ? this.source.size : end;
    const isAlone = !goesOn && end - start < this.sizes.small;
    this.#position = end;
    for (let at = start; at < end;) {
      const window = this.#windowAt(at, isAlone ? at + this.sizes.small : limit);
      if (end > (window.start + window.end) / 2) this.#askAhead(limit);
      const bytes = await this.#arrived(window);
      const until = Math.min(end, window.end);
      yield new Uint8Array(bytes, at - window.start, until - at);
      at = until;
    }
    if (end === this.source.size) this.#drop(this.#windows.length);
  }

  #windowAt(at: number, limit: number): Window {
    const index = this.#windows.findIndex(({ start, end }) => start <= at && at < end);
    this.#drop(index === -1 ? this.#windows.length : index);
    return this.#windows[0] ?? this.#ask(at, limit);
  }

  #askAhead(limit: number): void {
    for (let last = this.#windows.at(-1)!; last.end < limit && this.#windows.length <= windowsAhead;)
      last = this.#ask(last.end, limit);
  }

  #ask(start: number, limit: number): Window {
    const end = Math.min(this.source.size, limit, start + this.sizes.window);
    const bytes = this.source.slice(start, end).arrayBuffer();
    // Thrown where it is awaited, unless nobody waits for it.
    bytes.catch(() => {});
    const window = { start, end, bytes };
    this.#windows.push(window);
    return window;
  }

  /** The first `count` windows are used no longer. */
  #drop(count: number): void {
    for (const { bytes } of this.#windows.splice(0, count)) {
      bytes.then(
        (buffer) => this.pool.give(buffer),
        () => {},
      );
    }
  }

  /** What failed is asked for anew the next time. */
  async #arrived({ bytes }: Window): Promise<ArrayBuffer> {
    try {
      return await bytes;
    } catch (error) {
      this.#drop(this.#windows.length);
      throw error;
    }
  }
}
