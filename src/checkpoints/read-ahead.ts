/** A byte source that asks for more than is read, so that many small tensors cost one request and not many. */
import type { ByteSource } from './byte-source.ts';

/** 4 MiB: a second at 34 Mbit/s. */
const windowBytes = 2 ** 22;

/**
 * Reads through one window of the source; what goes past its end is asked for from there on, in one piece where it is as
 * large as a window, so that reading from front to back asks for every byte once. Failed reads are not kept.
 */
export function readAhead(source: ByteSource, size: number = windowBytes): ByteSource {
  let windowStart = 0;
  let windowEnd = 0;
  let window = Promise.resolve(new ArrayBuffer(0));
  const open = (start: number): void => {
    const asked = source.slice(start, Math.min(source.size, start + size)).arrayBuffer();
    [windowStart, windowEnd, window] = [start, Math.min(source.size, start + size), asked];
    asked.catch(() => {
      if (window === asked) windowEnd = windowStart;
    });
  };
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const inside = start >= windowStart && start < windowEnd;
    if (!inside && end - start >= size) return source.slice(start, end).arrayBuffer();
    if (!inside) open(start);
    const [known, from, until] = [window, start - windowStart, windowEnd];
    if (end <= until) return (await known).slice(from, from + end - start);
    const [head, rest] = await Promise.all([known, read(until, end)]);
    return joined(head.slice(from), rest);
  };
  return { size: source.size, slice: (start, end) => ({ arrayBuffer: () => read(start, end) }) };
}

function joined(head: ArrayBuffer, rest: ArrayBuffer): ArrayBuffer {
  const bytes = new Uint8Array(head.byteLength + rest.byteLength);
  bytes.set(new Uint8Array(head));
  bytes.set(new Uint8Array(rest), head.byteLength);
  return bytes.buffer;
}
