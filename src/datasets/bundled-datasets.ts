/** The datasets that come with the app: their index, and their documents, verified by hash. */
import { z } from 'zod';
import { DatasetError, type Document } from './document.ts';
import { readJsonLines } from './documents.ts';

const entrySchema = z.object({
  name: z.string(),
  title: z.string(),
  licence: z.string(),
  source: z.string(),
  documents: z.number().int().positive(),
  bytes: z.number().int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
});

/** One dataset of `index.json`; `bytes` and `sha256` are those of its `.jsonl` file. */
export type DatasetEntry = z.infer<typeof entrySchema>;

/** How files are got; a test passes its own. */
export type Fetch = (url: string) => Promise<Response>;

/** The index of the datasets under `base` (a URL that ends in `/`). @throws DatasetError when it cannot be had. */
export async function fetchDatasetIndex(base: string, get: Fetch = fetch): Promise<readonly DatasetEntry[]> {
  const bytes = await fetchBytes(`${base}index.json`, get);
  const parsed = z.array(entrySchema).safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success)
    throw new DatasetError(
      `datasets: index.json is malformed (${z.prettifyError(parsed.error)}), expected the one the app builds; rebuild it`,
    );
  return parsed.data;
}

/** All documents of a bundled dataset. @throws DatasetError when the file is not the one the index describes. */
export async function fetchDocuments(
  base: string,
  entry: DatasetEntry,
  get: Fetch = fetch,
): Promise<Document[]> {
  const bytes = await fetchBytes(`${base}${entry.name}.jsonl`, get);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (sha256 !== entry.sha256) {
    throw new DatasetError(
      `datasets: ${entry.name} is damaged, got SHA-256 ${sha256}, expected ${entry.sha256}; reload the page, or rebuild the datasets`,
    );
  }
  const documents: Document[] = [];
  for await (const document of readJsonLines(`${entry.name}.jsonl`, [bytes])) documents.push(document);
  return documents;
}

async function fetchBytes(url: string, get: Fetch): Promise<Uint8Array<ArrayBuffer>> {
  const response = await get(url);
  if (!response.ok)
    throw new DatasetError(
      `datasets: cannot get ${url}, got HTTP status ${response.status}, expected 200; is the app's server running?`,
    );
  return new Uint8Array(await response.arrayBuffer());
}
