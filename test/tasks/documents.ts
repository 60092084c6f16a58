/** Small documents of the shape that the datasets have, for tests that need no corpus. */
import type { TaskDocument } from '../../src/tasks/task.ts';

export function mails(part: string, label: string, count: number): TaskDocument[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${part}/${index}`,
    text: `Subject ${letters(index)}\n\nThis mail of ${part.replace('1', 'one').replace('2', 'two')} says ${letters(index * 7)}.`,
    metadata: { part, label },
  }));
}

export const spamDocuments: readonly TaskDocument[] = [
  ...mails('easy-ham-1', 'ham', 120),
  ...mails('easy-ham-2', 'ham', 20),
  ...mails('hard-ham-1', 'ham', 40),
  ...mails('spam-1', 'spam', 60),
  ...mails('spam-2', 'spam', 50),
];

export const factbookDocuments: readonly TaskDocument[] = Array.from({ length: 60 }, (_, country) =>
  ['government', 'suffrage', 'highest-point'].map((field) => ({
    id: `c${country}/${field}`,
    text: `What is the ${field} of Country${letters(country)}?`,
    metadata: {
      field,
      country: `Country${letters(country)}`,
      region: country % 3 === 0 ? 'Africa' : 'Europe',
      answer: field === 'suffrage' ? '18 years of age;\nuniversal' : `republic ${letters(country)}`,
    },
  })),
).flat();

/** The dataset's documents of each task. */
export const documentsOf: Readonly<Record<string, readonly TaskDocument[]>> = {
  factbook: factbookDocuments,
  spam: spamDocuments,
};

/** A number in letters: tasks tell mails apart by their letters only. */
function letters(number: number): string {
  return number < 26
    ? String.fromCharCode(97 + number)
    : letters(Math.floor(number / 26) - 1) + letters(number % 26);
}
