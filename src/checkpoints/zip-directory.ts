/**
 * The directory of a zip archive, read by ranges: where each stored file's bytes lie. Nothing is decompressed, for
 * torch stores its tensors as they are. Handles zip64. Format: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.
 */
import { readRange, type NamedFile } from './byte-source.ts';
import { WeightFileError } from './errors.ts';

const endSignature = 0x06054b50;
const end64LocatorSignature = 0x07064b50;
const end64Signature = 0x06064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;

/** The end record may be followed by a comment of up to 65,535 bytes and preceded by the zip64 locator. */
const tailBytes = 22 + 65_535 + 20;
/** A checkpoint of 10,000 tensors has a directory of about 1 MB. */
const maxDirectoryBytes = 2 ** 24;

export interface ZipEntry {
  readonly name: string;
  /** Where its local header begins. */
  readonly headerStart: number;
  readonly size: number;
}

/**
 * Lists the stored files by name.
 * @throws WeightFileError when the archive is damaged, compressed, encrypted or holds a name twice
 */
export async function readZipDirectory(file: NamedFile): Promise<Map<string, ZipEntry>> {
  const { start, length, count } = await findDirectory(file);
  if (length > maxDirectoryBytes) {
    throw fault(
      file,
      `its zip directory is too long, got ${length} bytes, expected at most ${maxDirectoryBytes}`,
    );
  }
  const bytes = await readRange(file, start, start + length);
  const view = new DataView(bytes.buffer);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < length;) {
    if (at + 46 > length || view.getUint32(at, true) !== entrySignature)
      throw fault(file, 'its zip directory is damaged');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    );
    const next = at + 46 + nameLength! + extraLength! + commentLength!;
    if (next > length) throw fault(file, 'its zip directory is damaged');
    const entry = parseEntry(file, view, at, bytes.subarray(at + 46, at + 46 + nameLength!));
    if (entries.has(entry.name))
      throw fault(file, `its zip directory holds ${JSON.stringify(entry.name)} twice`);
    entries.set(entry.name, entry);
    at = next;
  }
  if (entries.size !== count) {
    throw fault(file, `its zip directory is damaged, got ${entries.size} entries, expected ${count}`);
  }
  return entries;
}

/** Where an entry's bytes begin and end in the file. */
export async function locateEntry(file: NamedFile, entry: ZipEntry): Promise<{ start: number; end: number }> {
  const header = new DataView((await readRange(file, entry.headerStart, entry.headerStart + 30)).buffer);
  if (header.getUint32(0, true) !== localSignature) {
    throw fault(file, `the zip entry ${JSON.stringify(entry.name)} is not where the directory says`);
  }
  const start = entry.headerStart + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const end = start + entry.size;
  if (end > file.bytes.size)
    throw fault(file, `the zip entry ${JSON.stringify(entry.name)} ends after the file`);
  return { start, end };
}

async function findDirectory(file: NamedFile): Promise<{ start: number; length: number; count: number }> {
  const { size } = file.bytes;
  const tailStart = Math.max(0, size - tailBytes);
  const tail = new DataView((await readRange(file, tailStart, size)).buffer);
  for (let at = tail.byteLength - 22; at >= 0; at--) {
    if (tail.getUint32(at, true) !== endSignature) continue;
    const hasLocator = at >= 20 && tail.getUint32(at - 20, true) === end64LocatorSignature;
    if (hasLocator) return findDirectory64(file, integer64(file, tail, at - 20 + 8));
    const [length, start] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
    return { start, length, count: tail.getUint16(at + 10, true) };
  }
  throw fault(file, 'no zip directory at its end; the file is cut off or not a zip archive');
}

async function findDirectory64(
  file: NamedFile,
  at: number,
): Promise<{ start: number; length: number; count: number }> {
  const end = new DataView((await readRange(file, at, at + 56)).buffer);
  if (end.getUint32(0, true) !== end64Signature) throw fault(file, 'its zip64 directory is damaged');
  const [count, length, start] = [32, 40, 48].map((field) => integer64(file, end, field));
  return { count: count!, length: length!, start: start! };
}

function parseEntry(file: NamedFile, view: DataView, at: number, nameBytes: Uint8Array): ZipEntry {
  const name = new TextDecoder().decode(nameBytes);
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  if ((flags & 1) !== 0) throw fault(file, `the zip entry ${JSON.stringify(name)} is encrypted`);
  if (method !== 0) {
    throw fault(
      file,
      `the zip entry ${JSON.stringify(name)} is compressed, got method ${method}, expected 0; ` +
        `save it again by torch.save, which stores tensors as they are`,
    );
  }
  const extra = at + 46 + nameBytes.length;
  const extraEnd = extra + view.getUint16(at + 30, true);
  const narrow = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  const [size, stored, headerStart] = widenSizes(file, view, narrow, extra, extraEnd);
  if (size !== stored)
    throw fault(file, `the zip entry ${JSON.stringify(name)} has two sizes, got ${size} and ${stored}`);
  return { name, size: size!, headerStart: headerStart! };
}

/** Replaces the fields that are 2³² − 1 by those of the zip64 extra field, which holds only these, in order. */
function widenSizes(
  file: NamedFile,
  view: DataView,
  narrow: readonly number[],
  start: number,
  end: number,
): number[] {
  if (!narrow.includes(0xffffffff)) return [...narrow];
  for (let at = start; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const fieldEnd = at + 4 + view.getUint16(at + 2, true);
    let next = at + 4;
    return narrow.map((value) => {
      if (value !== 0xffffffff) return value;
      if (next + 8 > Math.min(fieldEnd, end)) throw fault(file, 'its zip64 directory is damaged');
      next += 8;
      return integer64(file, view, next - 8);
    });
  }
  throw fault(file, 'its zip64 directory is damaged');
}

function integer64(file: NamedFile, view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(file.bytes.size)) {
    throw fault(
      file,
      `its zip64 directory is damaged, got position ${value}, expected at most ${file.bytes.size}`,
    );
  }
  return Number(value);
}

function fault(file: NamedFile, problem: string): WeightFileError {
  return new WeightFileError(file.name, null, problem);
}
