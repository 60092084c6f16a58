import { describe, expect, it } from 'vitest';
import { spam } from '../../src/tasks/spam.ts';
import { mails, spamDocuments } from './documents.ts';

describe('the spam task', () => {
  it.each([2, 7, 16])('draws balanced classes, %i items', (count) => {
    for (const items of [
      spam.trainItems(spamDocuments, { count, seed: 0 }),
      spam.testItems(spamDocuments, 'id', { count, seed: 0 }),
      spam.testItems(spamDocuments, 'ood', { count, seed: 0 }),
    ]) {
      const yes = items.filter((item) => item.answer === 'yes').length;
      expect(Math.abs(2 * yes - count)).toBeLessThanOrEqual(1);
      expect(items).toHaveLength(count);
    }
  });

  it('mixes the classes', () => {
    const answers = spam.trainItems(spamDocuments, { count: 20, seed: 0 }).map((item) => item.answer);
    expect(new Set(answers.slice(0, 8)).size).toBe(2);
  });

  it('trains on the first folders and shifts to the others', () => {
    const folders = (items: readonly { id: string }[]): Set<string> =>
      new Set(items.map(({ id }) => id.split('/')[0]!));
    expect(folders(spam.trainItems(spamDocuments, { count: 40, seed: 0 }))).toEqual(
      new Set(['easy-ham-1', 'spam-1']),
    );
    expect(folders(spam.testItems(spamDocuments, 'ood', { count: 40, seed: 0 }))).toEqual(
      new Set(['hard-ham-1', 'spam-2']),
    );
  });

  it('keeps one of several copies, and tests on no copy of a training mail', () => {
    const again = spamDocuments
      .filter(({ metadata }) => metadata['part'] === 'spam-1')
      .map((mail) => ({
        ...mail,
        id: `${mail.id}-copy`,
        text: `${mail.text} 12345`,
        metadata: { label: 'spam', part: 'spam-2' },
      }));
    const withCopies = [...spamDocuments, ...again];
    const count = 80;
    const drawn = spam.testItems(withCopies, 'ood', { count, seed: 0 });
    expect(drawn.filter(({ id }) => id.endsWith('-copy'))).toEqual([]);
    expect(() =>
      spam.testItems([...mails('hard-ham-1', 'ham', 9), ...again], 'ood', { count: 18, seed: 0 }),
    ).not.toThrow();
  });

  it('keeps the same copy whatever the order of the documents', () => {
    const twice = [...spamDocuments, ...spamDocuments.map((mail) => ({ ...mail, id: `${mail.id}-copy` }))];
    const draw = { count: 30, seed: 0 };
    expect(spam.trainItems([...twice].reverse(), draw)).toEqual(spam.trainItems(spamDocuments, draw));
  });

  it('refuses a label that is neither spam nor ham', () => {
    expect(() => spam.trainItems(mails('spam-1', 'eggs', 4), { count: 2, seed: 0 })).toThrow(
      /document "spam-1\/0" has a wrong label, got "eggs"/,
    );
  });
});
