/**
 * The byte alphabet of GPT-2: every byte 0…255 stands for one printable character, so that BPE works on bytes while
 * vocabularies and merges stay readable text. Source: `bytes_to_unicode` of GPT-2's encoder.py.
 */

/** Bytes that stand for themselves: printable, and no kind of space. */
function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

/** The character of each byte, by byte value; the unprintable ones take U+0100, U+0101, … in order. */
export const byteCharacters: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
})();

/** The 256 characters by code point: the order in which Rust's BpeTrainer gives them ids. */
export const sortedAlphabet: readonly string[] = [...byteCharacters].sort(
  (a, b) => a.charCodeAt(0) - b.charCodeAt(0),
);

const byteByCode = new Map(byteCharacters.map((character, byte) => [character.charCodeAt(0), byte]));
const utf8 = new TextEncoder();

/** A text's UTF-8 bytes as characters of the alphabet. */
export function toByteCharacters(text: string): string {
  let out = '';
  for (const byte of utf8.encode(text)) out += byteCharacters[byte];
  return out;
}

/**
 * The bytes a token stands for. A token with any character outside the alphabet (an added token such as two spaces)
 * stands for its own UTF-8 bytes, as in the ByteLevel decoder of Hugging Face tokenizers.
 */
export function tokenBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteByCode.get(token.charCodeAt(i));
    if (byte === undefined) return utf8.encode(token);
    bytes[i] = byte;
  }
  return bytes;
}
