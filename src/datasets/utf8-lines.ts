/** Bytes as they come → text, strictly UTF-8: the first byte that is not is an error that says where it stands. */
import { DatasetError } from './document.ts';

/** Chunks of bytes: a file's or a response's stream, or one buffer in an array. */
export type ByteChunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

const BYTE_ORDER_MARK = '\ufeff';

/** Text of the chunks, piece by piece, without a leading byte-order mark. @throws DatasetError on bytes that are not UTF-8. */
export async function* decodeUtf8(chunks: ByteChunks, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let carried = new Uint8Array(0);
  let offset = 0;
  for await (const chunk of chunks) {
    const bytes = new Uint8Array(carried.length + chunk.length);
    bytes.set(carried);
    bytes.set(chunk, carried.length);
    const { end, state } = scanUtf8(bytes);
    if (state === 'invalid') throw notUtf8(name, offset + end, bytes[end]!);
    const text = decoder.decode(bytes.subarray(0, end));
    yield offset === 0 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    carried = bytes.slice(end);
    offset += end;
  }
  if (carried.length > 0) throw notUtf8(name, offset, carried[0]!);
}

/** Lines of the chunks with their numbers, from 1; line ends are `\n` or `\r\n` and are taken off. */
export async function* readLines(
  chunks: ByteChunks,
  name: string,
): AsyncGenerator<{ line: string; number: number }> {
  let rest: string[] = [];
  let number = 0;
  for await (const text of decodeUtf8(chunks, name)) {
    const parts = text.split('\n');
    // A line longer than a chunk is gathered in pieces and joined once: appending would copy it every time.
    rest.push(parts[0]!);
    for (let i = 1; i < parts.length; i++) {
      yield { line: rest.join('').replace(/\r$/u, ''), number: ++number };
      rest = [parts[i]!];
    }
  }
  const last = rest.join('');
  if (last !== '') yield { line: last, number: ++number };
}

interface Utf8Scan {
  /** Bytes of whole valid characters from the start. */
  readonly end: number;
  /** What stands at `end`: nothing, the beginning of a character, or what no character begins with. */
  readonly state: 'whole' | 'cut' | 'invalid';
}

/** How far bytes are valid UTF-8 (Unicode 16, table 3-7: no overlong forms, no surrogates, nothing past U+10FFFF). */
export function scanUtf8(bytes: Uint8Array): Utf8Scan {
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at]!;
    const length =
      first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length === 0) return { end: at, state: 'invalid' };
    for (let i = 1; i < length; i++) {
      if (at + i >= bytes.length) return { end: at, state: 'cut' };
      if (!continues(first, i, bytes[at + i]!)) return { end: at, state: 'invalid' };
    }
    at += length;
  }
  return { end: at, state: 'whole' };
}

function continues(first: number, position: number, byte: number): boolean {
  if (byte < 0x80 || byte > 0xbf) return false;
  if (position > 1) return true;
  if (first === 0xe0) return byte >= 0xa0;
  if (first === 0xed) return byte <= 0x9f;
  if (first === 0xf0) return byte >= 0x90;
  if (first === 0xf4) return byte <= 0x8f;
  return true;
}

function notUtf8(name: string, offset: number, byte: number): DatasetError {
  const hex = `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return new DatasetError(
    `${name}: not UTF-8 text, got byte ${hex} at offset ${offset}, expected UTF-8; save the file as UTF-8 and add it again`,
  );
}
