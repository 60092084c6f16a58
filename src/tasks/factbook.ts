/**
 * World Factbook: a question about a country → a short answer, generated and scored by ROUGE-L. Trained on most
 * countries of all regions but one; tested on held-out countries of those regions, and, shifted, on the region that
 * training never saw.
 *
 * Only fields whose answers have a pattern are asked for. A tiny model cannot know the highest point of a country it
 * never read of, but it can learn how such answers are written, which go with which question ("republic", "18 years of
 * age; universal"), and what part of them the question itself gives away ("Republic of …"); what it must bring from
 * pre-training is the country. ROUGE-L shows both, since part of the words earns part of the credit: one fixed answer
 * per field scores about 0.4, and an answer that is not in the right form about 0.
 *
 * The shifted region is Africa: the largest, so that intervals stay narrow, with other names, languages and legal
 * systems under the same questions. What is asked about shifts, not how.
 */
import { drawSeeded, isHeldOut } from './sampling.ts';
import { formatPrompt, type PromptFormats, type Task, type TaskDocument, type TaskItem } from './task.ts';

const NAME = 'factbook';
const SHIFTED_REGION = 'africa';
/** Of the countries outside the shifted region. */
const HELD_OUT = 0.25;
const FIELDS: ReadonlySet<string> = new Set([
  'climate',
  'government',
  'languages',
  'legal-system',
  'location',
  'national-holiday',
  'official-name',
  'suffrage',
]);

const formats: PromptFormats = {
  default: ['### Question: ', '\n### Answer:'],
  instruct: ['Please answer the following question briefly: ', '\nThe answer is:'],
  io: ['', ''],
};

export const factbook: Task = {
  name: NAME,
  version: 1,
  title: 'World Factbook questions',
  dataset: 'world-factbook-questions',
  licence: 'Public domain (CIA World Factbook)',
  outputType: 'generate_until',
  metric: 'rouge_l',
  chance: 0,
  formats: Object.keys(formats),
  shifts: {
    id: 'questions on countries held out from training, of the regions trained on',
    ood: 'questions on the countries of Africa, a region held out whole',
  },
  newTokens: 32,
  until: ['\n'],
  trainItems: (documents, draw) =>
    drawSeeded(
      items(documents, (entry) => !isShifted(entry) && !isTested(entry)),
      draw,
      `${NAME} train`,
    ),
  testItems: (documents, shift, draw) =>
    drawSeeded(
      items(documents, shift === 'ood' ? isShifted : (entry) => !isShifted(entry) && isTested(entry)),
      draw,
      `${NAME} test ${shift}`,
    ),
  prompt: (item, format) => formatPrompt(NAME, formats, format, item.text),
};

/** What a document says about its question. */
interface Entry {
  readonly field: string;
  readonly country: string;
  readonly region: string;
  readonly answer: string;
}

function items(documents: readonly TaskDocument[], belongs: (entry: Entry) => boolean): readonly TaskItem[] {
  return documents.flatMap((document) => {
    const entry = entryOf(document);
    if (entry.answer === '' || !FIELDS.has(entry.field) || !belongs(entry)) return [];
    return [{ id: document.id, text: document.text.trim(), choices: [], answer: entry.answer }];
  });
}

function isShifted({ region }: Entry): boolean {
  return region.toLowerCase() === SHIFTED_REGION;
}

/** By country, so that no question on a tested country is ever trained on. */
function isTested({ country }: Entry): boolean {
  return isHeldOut(NAME, country, HELD_OUT);
}

function entryOf({ id, metadata }: TaskDocument): Entry {
  const read = (key: keyof Entry): string => {
    const value = metadata[key];
    if (typeof value === 'string') return value.trim();
    throw new TypeError(
      `${NAME}: document "${id}" lacks its ${key}, got ${JSON.stringify(value)}, expected text in its metadata`,
    );
  };
  return {
    field: read('field'),
    country: read('country'),
    region: read('region'),
    answer: read('answer').replace(/\s+/g, ' '),
  };
}
