/** What runs read besides weights: documents, tokenizers and token streams. Made once, kept by what they are made from. */
import { z } from 'zod';
import type { Database } from '../checkpoints/database.ts';
import { cached, collection } from '../checkpoints/records.ts';
import { fetchDatasetIndex, fetchDocuments, type DatasetEntry } from '../datasets/bundled-datasets.ts';
import { selectDocuments } from '../datasets/corpus.ts';
import { DatasetError, type Document } from '../datasets/document.ts';
import { readDocuments } from '../datasets/documents.ts';
import { tokenStatistics, type TokenStatistics } from '../datasets/statistics.ts';
import { encodeDocuments, splitDocuments, type TokenStream } from '../datasets/token-stream.ts';
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe-trainer.ts';
import { parseTokenizerJson, type TokenizerJson } from '../tokenizers/tokenizer-json.ts';
import { loadTokenizer, type Tokenizer } from '../tokenizers/tokenizer.ts';
import type { CorpusSpec, PretrainDataSpec, TokenizerSpec } from './spec.ts';
import { canonicalJson } from './spec-hash.ts';

export interface PretrainData {
  readonly tokenizer: Tokenizer;
  readonly train: TokenStream;
  /** Null when nothing is held out. */
  readonly validation: TokenStream | null;
  readonly statistics: TokenStatistics;
}

export interface WorkReport {
  readonly activity: (text: string) => void;
  readonly signal?: AbortSignal;
}

const quiet: WorkReport = { activity: () => undefined };
const filePrefix = 'file:';

/** A file the person dropped. */
const droppedFileSchema = z.object({
  id: z.string(),
  name: z.string(),
  bytes: z.instanceof(ArrayBuffer),
  documents: z.number(),
});
type DroppedFile = z.infer<typeof droppedFileSchema>;

export class Resources {
  private index: Promise<readonly DatasetEntry[]> | undefined;
  private readonly documentsByName = new Map<string, Promise<readonly Document[]>>();
  private readonly tokenizers = new Map<string, Promise<{ tokenizer: Tokenizer; json: TokenizerJson }>>();
  private lastData: { readonly key: string; readonly data: Promise<PretrainData> } | undefined;
  private readonly files;

  /** @param datasetsUrl where the bundled datasets lie, ending in `/`. */
  constructor(
    private readonly database: Database,
    private readonly datasetsUrl: string,
  ) {
    this.files = collection<DroppedFile>(database, 'files', (value) => droppedFileSchema.parse(value));
  }

  /** The bundled datasets, then the dropped files. */
  async listDatasets(): Promise<(Omit<DatasetEntry, 'sha256'> & { readonly sha256?: string })[]> {
    const files = (await this.files.list()).map(({ id, name, bytes, documents }) => ({
      name: id,
      title: name,
      licence: 'your own',
      source: 'a file of yours',
      documents,
      bytes: bytes.byteLength,
    }));
    return [...(await this.datasetIndex()), ...files];
  }

  /** Keeps a file as the dataset `file:NAME`. @throws DatasetError when it holds no readable text. */
  async addFile(name: string, bytes: ArrayBuffer): Promise<string> {
    const documents = await collect(readDocuments(name, [new Uint8Array(bytes)]));
    const id = filePrefix + name;
    await this.files.put({ id, name, bytes, documents: documents.length });
    this.documentsByName.delete(id);
    this.tokenizers.clear();
    this.lastData = undefined;
    return id;
  }

  /** All documents of a dataset by name. @throws DatasetError when there is none of that name. */
  documents(name: string): Promise<readonly Document[]> {
    return remember(this.documentsByName, name, () => this.readDocuments(name));
  }

  /** The documents a spec selects, corpora one after the other, in seeded order. */
  async select(corpora: readonly CorpusSpec[], seed: number): Promise<Document[]> {
    const selected = await Promise.all(
      corpora.map(async (corpus) => selectDocuments(await this.documents(corpus.name), corpus, seed)),
    );
    return selected.flat();
  }

  /** Trains the tokenizer, or takes the one trained from the same documents before. */
  async tokenizer(
    spec: TokenizerSpec,
    report: WorkReport = quiet,
  ): Promise<{ tokenizer: Tokenizer; json: TokenizerJson }> {
    return remember(this.tokenizers, canonicalJson(spec), async () => {
      const key = `tokenizer ${canonicalJson(spec)} ${await this.contentKey(spec.corpora)}`;
      const json = await cached(this.database, key, parseTokenizerJson, async () => {
        const texts = (await this.select(spec.corpora, 0)).map(({ text }) => text);
        const { vocabularySize } = spec;
        return trainByteLevelBpe(texts, {
          vocabularySize,
          signal: report.signal,
          onProgress: ({ stage, done, total }) =>
            report.activity(`training the tokenizer: ${stage}, ${done}${total ? ` of ${total}` : ''}`),
        });
      });
      return { tokenizer: loadTokenizer(json), json };
    });
  }

  /** Tokens to pre-train on and to validate with; the last ones made are kept. */
  pretrainData(spec: PretrainDataSpec, report: WorkReport = quiet): Promise<PretrainData> {
    const key = canonicalJson(spec);
    if (this.lastData?.key !== key) {
      const data = this.encode(spec, report);
      data.catch(() => (this.lastData = undefined));
      this.lastData = { key, data };
    }
    return this.lastData.data;
  }

  /** What identifies the content behind corpora: their datasets' hashes. Recorded with a run. */
  async contentKey(corpora: readonly CorpusSpec[]): Promise<string> {
    const index = await this.datasetIndex();
    const keys = await Promise.all(
      corpora.map(async ({ name }) => {
        const bundled = index.find((entry) => entry.name === name);
        if (bundled) return bundled.sha256;
        const file = await this.files.get(name);
        return file ? hexSha256(file.bytes) : 'missing';
      }),
    );
    return keys.map((key) => key.slice(0, 16)).join(' ');
  }

  private async encode(spec: PretrainDataSpec, report: WorkReport): Promise<PretrainData> {
    const { tokenizer } = await this.tokenizer(spec.tokenizer, report);
    const { train, validation } = splitDocuments(
      await this.select(spec.corpora, spec.seed),
      spec.validationFraction,
      spec.seed,
    );
    const options = {
      signal: report.signal,
      onProgress: ({ done, total }: { done: number; total: number }) =>
        report.activity(`tokenising documents, ${done} of ${total}`),
    };
    const trainStream = await encodeDocuments(train, tokenizer, options);
    const validationStream =
      validation.length > 0 ? await encodeDocuments(validation, tokenizer, options) : null;
    return {
      tokenizer,
      train: trainStream,
      validation: validationStream,
      statistics: tokenStatistics(trainStream),
    };
  }

  private async readDocuments(name: string): Promise<readonly Document[]> {
    if (name.startsWith(filePrefix)) {
      const file = await this.files.get(name);
      if (!file)
        throw new DatasetError(
          `datasets: no file ${name.slice(filePrefix.length)} is kept here; drop it onto the page first`,
        );
      return collect(readDocuments(file.name, [new Uint8Array(file.bytes)]));
    }
    const index = await this.datasetIndex();
    const entry = index.find((candidate) => candidate.name === name);
    if (!entry) {
      const names = index.map((candidate) => candidate.name).join(', ');
      throw new DatasetError(
        `datasets: there is no dataset "${name}", expected one of ${names}, or file:NAME for a file of yours`,
      );
    }
    return fetchDocuments(this.datasetsUrl, entry);
  }

  private datasetIndex(): Promise<readonly DatasetEntry[]> {
    this.index ??= fetchDatasetIndex(this.datasetsUrl).catch((error: unknown) => {
      this.index = undefined;
      throw error;
    });
    return this.index;
  }
}

/** A promise kept by key; a failure is forgotten, so that it can be tried again. */
function remember<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let promise = kept.get(key);
  if (!promise) {
    promise = make();
    promise.catch(() => kept.delete(key));
    kept.set(key, promise);
  }
  return promise;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function hexSha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
