/** Zip archives for tests: stored entries, and the zip64 form that torch writes above 4 GiB. */

/** An archive of stored entries, without checksums (torch does not check them either). */
export function storedZip(files: Readonly<Record<string, Uint8Array>>): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const encoded = new TextEncoder().encode(name);
    const header = record(30, { 0: 0x04034b50, 18: bytes.length, 22: bytes.length }, { 26: encoded.length });
    const sizes = { 20: bytes.length, 24: bytes.length, 42: offset };
    directory.push(record(46, { 0: 0x02014b50, ...sizes }, { 28: encoded.length }), encoded);
    pieces.push(header, encoded, bytes);
    offset += 30 + encoded.length + bytes.length;
  }
  const count = Object.keys(files).length;
  const length = directory.reduce((sum, piece) => sum + piece.length, 0);
  const end = record(22, { 0: 0x06054b50, 12: length, 16: offset }, { 8: count, 10: count });
  return concatenated([...pieces, ...directory, end]);
}

/** The same archive with every size and position in zip64 fields, as in a file above 4 GiB. */
export function toZip64(zip: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.length - 22;
  const [count, start] = [view.getUint16(end + 10, true), findDirectory(view)];
  const directory: Uint8Array[] = [];
  for (let at = start, index = 0; index < count; index++) {
    const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    const fixed = zip.slice(at, at + 46);
    const fields = new DataView(fixed.buffer);
    const extra = new Uint8Array(28);
    const extraView = new DataView(extra.buffer);
    extraView.setUint16(0, 1, true);
    extraView.setUint16(2, 24, true);
    for (const [place, field] of [24, 20, 42].entries()) {
      extraView.setBigUint64(4 + 8 * place, BigInt(fields.getUint32(field, true)), true);
      fields.setUint32(field, 0xffffffff, true);
    }
    fields.setUint16(30, 28, true);
    directory.push(fixed, zip.slice(at + 46, at + 46 + nameLength), extra);
    at += 46 + nameLength + extraLength;
  }
  const length = directory.reduce((sum, piece) => sum + piece.length, 0);
  const end64 = record(56, { 0: 0x06064b50 }, {});
  const end64View = new DataView(end64.buffer);
  for (const [field, value] of [
    [4, 44],
    [24, count],
    [32, count],
    [40, length],
    [48, start],
  ] as const) {
    end64View.setBigUint64(field, BigInt(value), true);
  }
  const locator = record(20, { 0: 0x07064b50 }, {});
  new DataView(locator.buffer).setBigUint64(8, BigInt(start + length), true);
  const narrowEnd = record(22, { 0: 0x06054b50, 12: 0xffffffff, 16: 0xffffffff }, { 8: 0xffff, 10: 0xffff });
  return concatenated([zip.slice(0, start), ...directory, end64, locator, narrowEnd]);
}

function findDirectory(view: DataView): number {
  for (let at = 0; ; at++) if (view.getUint32(at, true) === 0x02014b50) return at;
}

function record(
  length: number,
  words: Readonly<Record<number, number>>,
  halves: Readonly<Record<number, number>>,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of Object.entries(words)) view.setUint32(Number(at), value, true);
  for (const [at, value] of Object.entries(halves)) view.setUint16(Number(at), value, true);
  return bytes;
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.length;
  }
  return result;
}
