/** Choosing a corpus's documents: by metadata, in seeded order, up to a size. */
import { DatasetError, type Document } from './document.ts';
import { RandomStream } from '../random/random-stream.ts';

/** A metadata value to equal, or `[low, high]` for a number to lie in, ends included. */
export type Condition = string | number | readonly [number, number];

/** What of a corpus to read; the shape of `CorpusSpec` in experiments, with its defaults filled in. */
export interface CorpusSelection {
  readonly name: string;
  readonly where: Readonly<Record<string, Condition>>;
  /** Keep the first documents up to about this many UTF-8 bytes; null keeps all. */
  readonly maxBytes: number | null;
}

/**
 * The documents a selection keeps, in an order that depends on the seed and the corpus's name. With `maxBytes`,
 * documents are taken until the next one would pass it; a first document larger than that is cut at a character.
 * @throws DatasetError when none is left.
 */
export function selectDocuments(
  documents: readonly Document[],
  selection: CorpusSelection,
  seed: number,
): Document[] {
  const kept = documents.filter(({ metadata }) =>
    Object.entries(selection.where).every(([field, condition]) => meets(metadata[field], condition)),
  );
  if (kept.length === 0) throw noneLeft(documents, selection);
  const order = new RandomStream(seed, `documents of ${selection.name}`).permutation(kept.length);
  const shuffled = Array.from(order, (index) => kept[index]!);
  return selection.maxBytes === null ? shuffled : firstBytes(shuffled, selection.maxBytes);
}

function meets(value: string | number | undefined, condition: Condition): boolean {
  if (typeof condition === 'string' || typeof condition === 'number') return value === condition;
  return typeof value === 'number' && value >= condition[0] && value <= condition[1];
}

function firstBytes(documents: readonly Document[], maxBytes: number): Document[] {
  const encoder = new TextEncoder();
  const kept: Document[] = [];
  let left = maxBytes;
  for (const document of documents) {
    const bytes = encoder.encode(document.text).length;
    if (bytes > left) break;
    kept.push(document);
    left -= bytes;
  }
  if (kept.length > 0) return kept;
  const first = documents[0]!;
  const { read } = encoder.encodeInto(first.text, new Uint8Array(maxBytes));
  return [{ ...first, text: first.text.slice(0, read) }];
}

function noneLeft(documents: readonly Document[], { name, where }: CorpusSelection): DatasetError {
  const fields =
    [...new Set(documents.flatMap(({ metadata }) => Object.keys(metadata)))].join(', ') || 'none';
  return new DatasetError(
    `${name}: no document is left, got ${documents.length} and where ${JSON.stringify(where)}, expected a condition that some meet; fields are: ${fields}`,
  );
}
