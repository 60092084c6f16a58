/**
 * World Factbook: a question about a country → a short answer, generated and scored by ROUGE-L. Trained on most
 * countries of all regions but one; tested on held-out countries of those regions, and, shifted, on the region that
 * training never saw.
 *
 * What a tiny model can learn here is the shape of an answer and how answers go with fields and regions ("republic",
 * "18 years of age; universal"); what it must already know from pre-training is the country. Both show in ROUGE-L,
 * which gives part of the credit for part of the words. The shifted region is Africa: the largest (more than fifty
 * countries, so intervals stay narrow), with other names, languages and legal systems but the same questions, so that
 * only what is asked about shifts, not how.
 */
import { drawSeeded, isHeldOut } from './sampling.ts';
import { formatPrompt, type PromptFormats, type Task, type TaskDocument, type TaskItem } from './task.ts';

const NAME = 'factbook';
const SHIFTED_REGION = 'africa';
/** Of the countries outside the shifted region. */
const HELD_OUT = 0.25;
/** Longer answers are lists and prose: nothing that a short generation could match. */
const LONGEST_ANSWER = 60;

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
  readonly country: string;
  readonly region: string;
  readonly answer: string;
}

function items(documents: readonly TaskDocument[], belongs: (entry: Entry) => boolean): readonly TaskItem[] {
  return documents.flatMap((document) => {
    const entry = entryOf(document);
    if (entry.answer.length === 0 || entry.answer.length > LONGEST_ANSWER || !belongs(entry)) return [];
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
  return { country: read('country'), region: read('region'), answer: read('answer').replace(/\s+/g, ' ') };
}
