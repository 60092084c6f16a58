/**
 * Reading documents: `.jsonl` dataset files (one `{id?, text, …metadata}` per line) and plain `.txt` files, streamed,
 * with errors that say where a file is wrong.
 */
import { z } from 'zod';
import { DatasetError, type Document, type Metadata } from './document.ts';
import { decodeUtf8, readLines, type ByteChunks } from './utf8-lines.ts';

const lineSchema = z
  .object({ text: z.string(), id: z.union([z.string(), z.number()]).optional() })
  .catchall(z.unknown());

/** Documents of a file by its name's ending: `.jsonl` (or `.ndjson`), else plain text. @throws DatasetError */
export function readDocuments(name: string, chunks: ByteChunks): AsyncGenerator<Document> {
  return /\.(?:jsonl|ndjson)$/iu.test(name) ? readJsonLines(name, chunks) : readPlainText(name, chunks);
}

/**
 * Documents of JSON lines. Blank lines and documents of white space alone are skipped; metadata that is neither text
 * nor a number is left out; a line without id is named by its number.
 * @throws DatasetError on bytes that are not UTF-8, a malformed line, a line without text, or no document at all.
 */
export async function* readJsonLines(name: string, chunks: ByteChunks): AsyncGenerator<Document> {
  let count = 0;
  for await (const { line, number } of readLines(chunks, name)) {
    if (line.trim() === '') continue;
    const document = parseLine(name, line, number);
    if (document.text.trim() === '') continue;
    count++;
    yield document;
  }
  if (count === 0) throw empty(name);
}

/**
 * Documents of a plain text: one per block of lines between blank lines, or the whole file if it has one block.
 * Line ends become `\n`.
 * @throws DatasetError on bytes that are not UTF-8, or no text at all.
 */
export async function* readPlainText(name: string, chunks: ByteChunks): AsyncGenerator<Document> {
  const pieces: string[] = [];
  for await (const text of decodeUtf8(chunks, name)) pieces.push(text);
  const blocks = pieces
    .join('')
    .replace(/\r\n?/gu, '\n')
    .split(/\n(?:[ \t]*\n)+/u)
    .filter((block) => block.trim() !== '');
  if (blocks.length === 0) throw empty(name);
  for (const [index, block] of blocks.entries())
    yield { id: String(index + 1), text: block.replace(/^\n+|\n+$/gu, ''), metadata: {} };
}

function parseLine(name: string, line: string, number: number): Document {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new DatasetError(
      `${name}: line ${number} is not JSON, got ${excerpt(line)}, expected an object like {"text": "…"}`,
      { cause: error },
    );
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) {
    throw new DatasetError(
      `${name}: line ${number} has no text, got ${excerpt(line)}, expected an object with "text" and, if any, an "id" of text or number`,
    );
  }
  const { id, text, ...rest } = parsed.data;
  return { id: String(id ?? number), text, metadata: metadataOf(rest) };
}

function metadataOf(fields: Readonly<Record<string, unknown>>): Metadata {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string | number] =>
        typeof entry[1] === 'string' || typeof entry[1] === 'number',
    ),
  );
}

function empty(name: string): DatasetError {
  return new DatasetError(`${name}: empty dataset, got no document with text, expected at least one`);
}

function excerpt(line: string): string {
  return JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line);
}
