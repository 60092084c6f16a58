/** Tasks with answers known by hand: is the word `ab` in the text, and what follows it. */
import { formatPrompt, type Task, type TaskDocument } from '../../src/tasks/task.ts';

const formats = { default: ['Text: ', '\nAnswer:'], io: ['', ''] } as const;

export const toyChoice: Task = {
  name: 'toy-choice',
  version: 1,
  title: 'Toy choice',
  dataset: 'toy',
  licence: 'CC0-1.0',
  outputType: 'multiple_choice',
  metric: 'acc',
  chance: 0.5,
  formats: Object.keys(formats),
  shifts: { id: 'even', ood: 'odd' },
  newTokens: 0,
  until: [],
  trainItems: (documents, { count }) => toItems(documents, 'train').slice(0, count),
  testItems: (documents, shift, { count }) => toItems(documents, shift).slice(0, count),
  prompt: (item, format) => formatPrompt('toy-choice', formats, format, item.text),
};

export const toyGeneration: Task = {
  ...toyChoice,
  name: 'toy-generation',
  outputType: 'generate_until',
  metric: 'rouge_l',
  chance: 0,
  newTokens: 6,
  until: ['\n'],
  trainItems: (documents, draw) =>
    toyChoice.trainItems(documents, draw).map((item) => ({ ...item, choices: [] })),
  testItems: (documents, shift, draw) =>
    toyChoice.testItems(documents, shift, draw).map((item) => ({ ...item, choices: [] })),
};

export const toyDocuments: readonly TaskDocument[] = ['train', 'id', 'ood'].flatMap((part) =>
  Array.from({ length: 6 }, (_, index) => ({
    id: `${part}/${index}`,
    text: `${part} ${'word '.repeat(index * 3)}${index % 2 === 0 ? 'ab' : 'zz'}`,
    metadata: { part, answer: index % 2 === 0 ? 'yes' : 'no' },
  })),
);

function toItems(documents: readonly TaskDocument[], part: string): ReturnType<Task['trainItems']> {
  return documents
    .filter(({ metadata }) => metadata['part'] === part)
    .map(({ id, text, metadata }) => ({
      id,
      text,
      choices: ['yes', 'no'],
      answer: String(metadata['answer']),
    }));
}
