/**
 * Spam or not: yes/no over SpamAssassin's public mails. Trained on ordinary mail and the older spam; shifted to the
 * mail that looks like spam but is not (hard ham) against the newer spam.
 */
import { drawBalanced, isHeldOut } from './sampling.ts';
import {
  formatPrompt,
  type Draw,
  type PromptFormats,
  type Shift,
  type Task,
  type TaskDocument,
  type TaskItem,
} from './task.ts';

const NAME = 'spam';
const CHOICES = ['yes', 'no'];
/** Of the training parts; spam-1 holds 500 mails, so this leaves about 125 of each class to test on. */
const HELD_OUT = 0.25;
/** Characters; about what a small model's context holds of a mail. */
const TOLD_APART_BY = 1000;
const PARTS: Readonly<Record<Shift, readonly string[]>> = {
  id: ['easy-ham-1', 'spam-1'],
  ood: ['hard-ham-1', 'spam-2'],
};

const formats: PromptFormats = {
  default: ['### Input: ', '\n### Spam:'],
  instruct: ['Please read the following mail: ', '\nIs it spam? Answer yes or no:'],
  io: ['', ''],
};

/** Balanced classes in every draw, so that chance is 0.5 exactly. */
export const spam: Task = {
  name: NAME,
  version: 1,
  title: 'Spam detection',
  dataset: 'spam-assassin',
  licence: 'CC0-1.0',
  outputType: 'multiple_choice',
  metric: 'acc',
  chance: 1 / CHOICES.length,
  formats: Object.keys(formats),
  shifts: {
    id: 'held-out mails of the training folders (easy ham 1, spam 1)',
    ood: 'mails of other folders: ham that looks like spam, and newer spam (hard ham 1, spam 2)',
  },
  newTokens: 0,
  until: [],
  trainItems: (documents, draw) => balanced(poolsOf(documents).train, draw, `${NAME} train`),
  testItems: (documents, shift, draw) => balanced(poolsOf(documents)[shift], draw, `${NAME} test ${shift}`),
  prompt: (item, format) => formatPrompt(NAME, formats, format, item.text),
};

function balanced(items: readonly TaskItem[], draw: Draw, purpose: string): readonly TaskItem[] {
  return drawBalanced(items, CHOICES, (item) => item.answer, draw, purpose);
}

type Pools = Readonly<Record<'train' | Shift, readonly TaskItem[]>>;

/** A study draws from the same documents hundreds of times; they are sorted out once. */
const knownPools = new WeakMap<readonly TaskDocument[], Pools>();

function poolsOf(documents: readonly TaskDocument[]): Pools {
  let pools = knownPools.get(documents);
  if (!pools) knownPools.set(documents, (pools = sortOut(documents)));
  return pools;
}

function sortOut(documents: readonly TaskDocument[]): Pools {
  const like = mailsByContent(documents, 'id');
  const isTested = ([content]: readonly [string, TaskItem]): boolean => isHeldOut(NAME, content, HELD_OUT);
  // A mail that also stands in a training folder is not shifted.
  const shifted = [...mailsByContent(documents, 'ood')].filter(([content]) => !like.has(content));
  const items = (mails: readonly (readonly [string, TaskItem])[]): readonly TaskItem[] =>
    mails.map(([, item]) => item);
  return {
    train: items([...like].filter((mail) => !isTested(mail))),
    id: items([...like].filter(isTested)),
    ood: items(shifted),
  };
}

/**
 * The same mail was often sent many times with other numbers and another ending. Mails are told apart by the letters
 * they begin with: of copies the one with the first id stays, and no copy of a training mail is ever tested on.
 */
function mailsByContent(documents: readonly TaskDocument[], shift: Shift): ReadonlyMap<string, TaskItem> {
  const mails = new Map<string, TaskItem>();
  for (const document of documents) {
    if (!PARTS[shift].includes(String(document.metadata['part']))) continue;
    const text = document.text.trim();
    const content = text
      .slice(0, TOLD_APART_BY)
      .toLowerCase()
      .replace(/[^\p{L}]+/gu, ' ');
    const copy = mails.get(content);
    if (text === '' || (copy && copy.id < document.id)) continue;
    mails.set(content, { id: document.id, text, choices: CHOICES, answer: answerOf(document) });
  }
  return mails;
}

function answerOf({ id, metadata: { label } }: TaskDocument): string {
  if (label === 'spam') return 'yes';
  if (label === 'ham') return 'no';
  throw new TypeError(
    `${NAME}: document "${id}" has a wrong label, got ${JSON.stringify(label)}, expected "spam" or "ham"`,
  );
}
