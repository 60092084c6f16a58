/**
 * The header of a safetensors file: u64 length, JSON of that length, then the tensors' bytes without gap or overlap.
 * Every number in it is checked against the file before anything is allocated by it.
 * Format: https://github.com/huggingface/safetensors, section "Format".
 */
import { readRange, type NamedFile } from './byte-source.ts';
import { byteLength, isDtype, type Dtype } from './dtype.ts';
import { duplicateKey } from './duplicate-key.ts';
import { WeightFileError } from './errors.ts';
import { tensorNameProblem } from './tensor-name.ts';

/** The limit of the Rust library: a header of a real model is a few hundred kB. */
const maxHeaderBytes = 100_000_000;

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Where its bytes lie in the file. */
  readonly start: number;
  readonly end: number;
}

/**
 * Reads and checks the header.
 * @returns the tensors in the order of their bytes
 * @throws WeightFileError naming the file and, where the fault is in one, the tensor
 */
export async function readSafetensorsHeader(file: NamedFile): Promise<SafetensorsEntry[]> {
  const { text, dataStart } = await headerText(file);
  const entries: SafetensorsEntry[] = [];
  for (const [name, value] of Object.entries(parseHeader(file, text))) {
    if (name === '__metadata__') checkMetadata(file, value);
    else entries.push(parseEntry(file, name, value, dataStart));
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCoverage(file, entries, dataStart);
  return entries;
}

async function headerText(file: NamedFile): Promise<{ text: string; dataStart: number }> {
  const { size } = file.bytes;
  if (size < 8) throw fault(file, null, `too short for a header, got ${size} bytes, expected at least 8`);
  const prefix = await readRange(file, 0, 8);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  const limit = Math.min(maxHeaderBytes, size - 8);
  if (length > BigInt(limit)) {
    throw fault(file, null, `the header does not fit, got ${length} bytes, expected at most ${limit}`);
  }
  const dataStart = 8 + Number(length);
  const bytes = await readRange(file, 8, dataStart);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), dataStart };
  } catch (cause) {
    throw fault(file, null, 'the header is not valid UTF-8', cause);
  }
}

function parseHeader(file: NamedFile, text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw fault(file, null, `the header is not valid JSON (${String(cause)})`, cause);
  }
  if (!isRecord(header)) throw fault(file, null, 'the header is not an object of tensors');
  const duplicate = duplicateKey(text);
  if (duplicate !== null) throw fault(file, duplicate, 'stands twice in the header, expected once');
  return header;
}

function checkMetadata(file: NamedFile, value: unknown): void {
  if (!isRecord(value) || Object.values(value).some((entry) => typeof entry !== 'string')) {
    throw fault(file, null, 'the header’s __metadata__ is not an object of strings');
  }
}

function parseEntry(file: NamedFile, name: string, value: unknown, dataStart: number): SafetensorsEntry {
  const problem = tensorNameProblem(name);
  if (problem !== null) throw fault(file, name, problem);
  if (!isRecord(value)) throw fault(file, name, 'its entry is not an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype))
    throw fault(file, name, `unknown dtype, got ${shown(dtype)}, expected e.g. F32, F16 or BF16`);
  const bytes = Array.isArray(shape) ? byteLength(dtype, shape) : null;
  if (bytes === null) {
    throw fault(
      file,
      name,
      `impossible shape, got ${shown(shape)}, expected sizes ≥ 0 whose product is exact`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isOffset)) {
    throw fault(file, name, `bad data_offsets, got ${shown(offsets)}, expected [begin, end]`);
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== bytes) {
    throw fault(
      file,
      name,
      `its offsets disagree with its shape, got ${end - begin} bytes, expected ${bytes}`,
    );
  }
  const available = file.bytes.size - dataStart;
  if (end > available) {
    throw fault(file, name, `its bytes end after the file, got end ${end}, expected at most ${available}`);
  }
  return { name, dtype, shape: shape as number[], start: dataStart + begin, end: dataStart + end };
}

/** The tensors' bytes must be the file's bytes, each once. */
function checkCoverage(file: NamedFile, entries: readonly SafetensorsEntry[], dataStart: number): void {
  let position = dataStart;
  for (const { name, start, end } of entries) {
    const [got, expected] = [start - dataStart, position - dataStart];
    if (start < position)
      throw fault(file, name, `overlaps the tensor before it, got offset ${got}, expected ${expected}`);
    if (start > position)
      throw fault(file, name, `a gap precedes it, got offset ${got}, expected ${expected}`);
    position = end;
  }
  if (position !== file.bytes.size) {
    throw fault(
      file,
      null,
      `bytes after the last tensor, got ${file.bytes.size} bytes, expected ${position}`,
    );
  }
}

function fault(file: NamedFile, tensor: string | null, problem: string, cause?: unknown): WeightFileError {
  return new WeightFileError(file.name, tensor, problem, cause);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOffset(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** A hostile value in an error message, cut short. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}
