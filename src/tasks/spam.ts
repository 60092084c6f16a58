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
  trainItems: (documents, draw) => balanced(inSplit(documents, false), draw, `${NAME} train`),
  testItems: (documents, shift, draw) =>
    balanced(shift === 'id' ? inSplit(documents, true) : shifted(documents), draw, `${NAME} test ${shift}`),
  prompt: (item, format) => formatPrompt(NAME, formats, format, item.text),
};

function balanced(items: readonly TaskItem[], draw: Draw, purpose: string): readonly TaskItem[] {
  return drawBalanced(items, CHOICES, (item) => item.answer, draw, purpose);
}

function inSplit(documents: readonly TaskDocument[], heldOut: boolean): readonly TaskItem[] {
  const mails = [...mailsByContent(documents, 'id')];
  return mails.filter(([content]) => isHeldOut(NAME, content, HELD_OUT) === heldOut).map(([, item]) => item);
}

/** Without mails that also stand in a training folder: they would not be shifted. */
function shifted(documents: readonly TaskDocument[]): readonly TaskItem[] {
  const known = mailsByContent(documents, 'id');
  return [...mailsByContent(documents, 'ood')]
    .filter(([content]) => !known.has(content))
    .map(([, item]) => item);
}

/**
 * The same mail was often sent many times with other numbers and another ending. Mails are told apart by the letters
 * they begin with: of copies one stays, and no copy of a training mail is ever tested on.
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
    if (text === '' || mails.has(content)) continue;
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
