/** What a corpus builder is: a package of real text → documents of a dataset file. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One line of a dataset file: `id` and `text`, and any further fields as metadata. */
export interface CorpusDocument {
  readonly id: string;
  readonly text: string;
  readonly [metadata: string]: string | number;
}

export interface Corpus {
  /** File name without extension, and the name by which specs ask for it. */
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  /** Where the text comes from, in words. */
  readonly source: string;
  /** The npm package that ships it. */
  readonly package: string;
  /** All documents, in a fixed order. */
  documents(): Iterable<CorpusDocument>;
}

const require = createRequire(import.meta.url);

/** Path of a file inside an installed package. */
export function packagePath(name: string, ...parts: readonly string[]): string {
  return join(dirname(require.resolve(`${name}/package.json`)), ...parts);
}

export function packageVersion(name: string): string {
  return (require(`${name}/package.json`) as { readonly version: string }).version;
}

/** Text without control characters other than tab and line feed: remains of word processors, never meant. */
export function withoutControls(text: string): string {
  return text.replace(/\r\n?/gu, '\n').replace(/(?![\t\n])\p{Cc}/gu, '');
}
