/** Building the dataset files: every corpus → `<name>.jsonl`, and `index.json` that lists them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageVersion, type Corpus, type CorpusDocument } from './corpus.ts';
import { mobyDick } from './moby-dick.ts';
import { spamAssassin } from './spam-assassin.ts';
import { stateOfTheUnion } from './state-of-the-union.ts';
import { worldFactbookQuestions } from './world-factbook-questions.ts';
import { worldFactbook } from './world-factbook.ts';

/** All corpora, in the order people see them. */
export const corpora: readonly Corpus[] = [
  stateOfTheUnion,
  mobyDick,
  worldFactbook,
  spamAssassin,
  worldFactbookQuestions,
];

/** Raise when a builder's output changes: caches with another version are built anew. */
const BUILDER_VERSION = 1;

export interface DatasetEntry {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  readonly source: string;
  readonly documents: number;
  readonly bytes: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/** Build every corpus into `directory`, which is replaced. Returns the index it wrote. */
export function buildCorpora(directory: string): readonly DatasetEntry[] {
  // Built beside and moved into place: a build that dies leaves no half directory that looks whole.
  const partial = `${directory}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const index = corpora.map((corpus) => writeCorpus(corpus, partial));
  writeFileSync(join(partial, 'index.json'), JSON.stringify(index, null, 1));
  writeFileSync(join(partial, 'stamp.json'), stamp());
  moveIntoPlace(partial, directory);
  return index;
}

/** Build unless `directory` already holds what this builder makes of the installed packages. */
export function ensureCorpora(directory: string): void {
  if (!isUpToDate(directory)) buildCorpora(directory);
}

function moveIntoPlace(partial: string, directory: string): void {
  mkdirSync(dirname(directory), { recursive: true });
  rmSync(directory, { recursive: true, force: true });
  try {
    renameSync(partial, directory);
  } catch (error) {
    // Another process that builds the same (a dev server beside a test) was there first: its files are as good.
    if (!isUpToDate(directory)) throw error;
    rmSync(partial, { recursive: true });
  }
}

function isUpToDate(directory: string): boolean {
  const path = join(directory, 'stamp.json');
  return existsSync(path) && readFileSync(path, 'utf8') === stamp();
}

function writeCorpus(corpus: Corpus, directory: string): DatasetEntry {
  const lines: string[] = [];
  for (const document of corpus.documents()) {
    if (document.text.trim() !== '') lines.push(lineOf(document));
  }
  if (lines.length === 0)
    throw new Error(
      `buildCorpora: ${corpus.name} is empty, got no document from ${corpus.package}, expected its data; run npm ci`,
    );
  const bytes = Buffer.from(lines.join(''));
  writeFileSync(join(directory, `${corpus.name}.jsonl`), bytes);
  const { name, title, licence, source } = corpus;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, title, licence, source, documents: lines.length, bytes: bytes.length, sha256 };
}

/** One line of JSON. Half surrogates, which UTF-8 cannot hold, become U+FFFD. */
function lineOf(document: CorpusDocument): string {
  return `${JSON.stringify({ ...document, text: document.text.replace(/\p{Surrogate}/gu, '\ufffd') })}\n`;
}

function stamp(): string {
  const packages = Object.fromEntries(
    corpora.map((corpus) => [corpus.package, packageVersion(corpus.package)]),
  );
  return JSON.stringify({ builder: BUILDER_VERSION, packages });
}
