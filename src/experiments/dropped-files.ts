/** Files the person dropped, kept as datasets named `file:NAME`. */
import { z } from 'zod';
import type { Database } from '../checkpoints/database.ts';
import { collection } from '../checkpoints/records.ts';
import { DatasetError, type Document } from '../datasets/document.ts';
import { readDocuments } from '../datasets/documents.ts';

const prefix = 'file:';

const fileSchema = z.object({
  id: z.string(),
  name: z.string(),
  bytes: z.instanceof(ArrayBuffer),
  documents: z.number(),
  /** Of `bytes`, hex. */
  sha256: z.string(),
});
type DroppedFile = z.infer<typeof fileSchema>;

/** A dropped file as a list of datasets shows it. */
export interface DroppedFileEntry {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  readonly source: string;
  readonly documents: number;
  readonly bytes: number;
}

export class DroppedFiles {
  private readonly files;

  constructor(database: Database) {
    this.files = collection<DroppedFile>(database, 'files', (value) => fileSchema.parse(value));
  }

  /** Whether a dataset of this name is a dropped file. */
  static owns(name: string): boolean {
    return name.startsWith(prefix);
  }

  /** Keeps a file, in the place of an earlier one of its name. Returns its dataset's name. @throws DatasetError when it holds no readable text. */
  async add(name: string, bytes: ArrayBuffer): Promise<string> {
    const { length: documents } = await readAll(name, bytes);
    const id = prefix + name;
    await this.files.put({ id, name, bytes, documents, sha256: await hexSha256(bytes) });
    return id;
  }

  async list(): Promise<DroppedFileEntry[]> {
    return (await this.files.list()).map(({ id, name, bytes, documents }) => ({
      name: id,
      title: name,
      licence: 'your own',
      source: 'a file of yours',
      documents,
      bytes: bytes.byteLength,
    }));
  }

  /** Its documents. @throws DatasetError when no such file is kept. */
  async read(id: string): Promise<readonly Document[]> {
    const file = await this.files.get(id);
    if (file) return readAll(file.name, file.bytes);
    throw new DatasetError(
      `datasets: no file ${id.slice(prefix.length)} is kept here; drop it onto the page first`,
    );
  }

  async sha256(id: string): Promise<string | undefined> {
    return (await this.files.get(id))?.sha256;
  }
}

async function readAll(name: string, bytes: ArrayBuffer): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const document of readDocuments(name, [new Uint8Array(bytes)])) documents.push(document);
  return documents;
}

async function hexSha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
