/** A byte source that asks for more than is read, so that many small tensors cost one request and not many. */
import type { ByteSource } from './byte-source.ts';

/** 4 MiB: a second at 34 Mbit/s. */
const windowBytes = 2 ** 22;

/** Reads through one window of the source; reads as large as the window go past it. Failed reads are not kept. */
export function readAhead(source: ByteSource, size: number = windowBytes): ByteSource {
  let windowStart = 0;
  let window: Promise<ArrayBuffer> | null = null;
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    if (end - start >= size) return source.slice(start, end).arrayBuffer();
    if (window === null || start < windowStart || end > windowStart + size) {
      windowStart = start;
      const asked = source.slice(start, Math.min(source.size, start + size)).arrayBuffer();
      asked.catch(() => {
        if (window === asked) window = null;
      });
      window = asked;
    }
    const offset = start - windowStart;
    return (await window).slice(offset, offset + end - start);
  };
  return { size: source.size, slice: (start, end) => ({ arrayBuffer: () => read(start, end) }) };
}
