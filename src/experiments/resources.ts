/** What runs read besides weights: documents, tokenizers and token streams. Made once, kept by what they are made from. */
import type { Database } from '../checkpoints/database.ts';
import type { Json } from '../checkpoints/manifest.ts';
import { cached } from '../checkpoints/records.ts';
import type { SpecialTokens } from '../checkpoints/tokenizer-files.ts';
import { fetchDatasetIndex, fetchDocuments, type DatasetEntry } from '../datasets/bundled-datasets.ts';
import { selectDocuments } from '../datasets/corpus.ts';
import { DatasetError, type Document } from '../datasets/document.ts';
import { tokenStatistics, type TokenStatistics } from '../datasets/statistics.ts';
import { encodeDocuments, splitDocuments, type TokenStream } from '../datasets/token-stream.ts';
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe-trainer.ts';
import { parseTokenizerJson, type TokenizerJson } from '../tokenizers/tokenizer-json.ts';
import { loadTokenizer, type Tokenizer } from '../tokenizers/tokenizer.ts';
import { DroppedFiles } from './dropped-files.ts';
import { ImportedTokenizers } from './imported-tokenizer.ts';
import { remember } from './remembered.ts';
import type { RunInputs } from './run.ts';
import type { CorpusSpec, PretrainDataSpec, TokenizerSpec } from './spec.ts';
import { canonicalJson } from './spec-hash.ts';

export interface PretrainData {
  readonly tokenizer: Tokenizer;
  readonly train: TokenStream;
  /** Null when nothing is held out. */
  readonly validation: TokenStream | null;
  readonly statistics: TokenStatistics;
}

export interface TrainedTokenizer {
  readonly tokenizer: Tokenizer;
  /** tokenizer.json. */
  readonly json: TokenizerJson;
  /** Of an imported model, where its files name them. */
  readonly specialTokens?: SpecialTokens;
  /** Of an imported model, as its files have them: for an export. */
  readonly chatTemplate?: string;
  readonly generation?: Json;
}

export interface WorkReport {
  readonly activity: (text: string) => void;
  readonly signal?: AbortSignal;
}

const quiet: WorkReport = { activity: () => undefined };
export class Resources {
  private index: Promise<readonly DatasetEntry[]> | undefined;
  private readonly documentsByName = new Map<string, Promise<readonly Document[]>>();
  private readonly tokenizers = new Map<string, Promise<TrainedTokenizer>>();
  private lastData: { readonly key: string; readonly data: Promise<PretrainData> } | undefined;
  private readonly files: DroppedFiles;
  readonly imported: ImportedTokenizers;

  /** @param datasetsUrl where the bundled datasets lie, ending in `/`. */
  constructor(
    private readonly database: Database,
    private readonly datasetsUrl: string,
  ) {
    this.files = new DroppedFiles(database);
    this.imported = new ImportedTokenizers(database);
  }

  /** The bundled datasets, then the dropped files. */
  async listDatasets(): Promise<(Omit<DatasetEntry, 'sha256'> & { readonly sha256?: string })[]> {
    return [...(await this.datasetIndex()), ...(await this.files.list())];
  }

  /** Keeps a file as the dataset `file:NAME`. @throws DatasetError when it holds no readable text. */
  async addFile(name: string, bytes: ArrayBuffer): Promise<string> {
    const id = await this.files.add(name, bytes);
    this.forget();
    return id;
  }

  /** Forgets what was read, as after files changed or were cleared; what runs hold stays theirs. */
  forget(): void {
    this.documentsByName.clear();
    this.tokenizers.clear();
    this.lastData = undefined;
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

  /**
   * Trains the tokenizer, or takes the one trained from the same documents before.
   * @param recorded what a model trained with it had read: its tokenizer and no other belongs to its weights
   * @throws DatasetError when the documents have changed since and the tokenizer is no longer kept
   */
  async tokenizer(
    spec: TokenizerSpec,
    report: WorkReport = quiet,
    recorded: RunInputs | null = null,
  ): Promise<TrainedTokenizer> {
    const now = contentKey(spec, await this.contentHashes(spec.corpora.map(({ name }) => name)));
    const key = recorded ? contentKey(spec, recorded) : now;
    return remember(this.tokenizers, key, async () => {
      const json = await cached(this.database, key, parseTokenizerJson, async () => {
        if (key !== now) throw changedText(spec);
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
      const kept = { key, data };
      data.catch(() => {
        if (this.lastData === kept) this.lastData = undefined;
      });
      this.lastData = kept;
    }
    return this.lastData.data;
  }

  /** What identifies the content behind names: 16 hex digits of its SHA-256, or `missing`. Recorded with a run. */
  async contentHashes(names: readonly string[]): Promise<RunInputs> {
    const hashOf = async (name: string): Promise<string | undefined> => {
      if (DroppedFiles.owns(name)) return this.files.sha256(name);
      return (await this.datasetIndex()).find((entry) => entry.name === name)?.sha256;
    };
    const entries = [...new Set(names)].map(async (name) => {
      const hash = await hashOf(name);
      return [name, hash?.slice(0, 16) ?? 'missing'] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
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
    if (DroppedFiles.owns(name)) return this.files.read(name);
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

/** Where a tokenizer is kept: what it was asked to be, and from which content. */
function contentKey(spec: TokenizerSpec, hashes: RunInputs): string {
  return `tokenizer ${canonicalJson(spec)} ${spec.corpora.map(({ name }) => hashes[name]).join(' ')}`;
}

function changedText({ corpora }: TokenizerSpec): DatasetError {
  const names = corpora.map(({ name }) => name).join(', ');
  return new DatasetError(
    `tokenizer: the text of ${names} has changed since this model was trained, and its tokenizer is no longer kept; ` +
      'add the original text again, or train the model anew',
  );
}
