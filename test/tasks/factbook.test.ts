import { describe, expect, it } from 'vitest';
import { factbook } from '../../src/tasks/factbook.ts';
import { factbookDocuments } from './documents.ts';

const metadataOf = new Map(factbookDocuments.map(({ id, metadata }) => [id, metadata]));
const column = (items: readonly { id: string }[], key: string): Set<string> =>
  new Set(items.map(({ id }) => String(metadataOf.get(id)![key])));

describe('the factbook task', () => {
  const train = factbook.trainItems(factbookDocuments, { count: 50, seed: 0 });
  const id = factbook.testItems(factbookDocuments, 'id', { count: 16, seed: 0 });
  const ood = factbook.testItems(factbookDocuments, 'ood', { count: 40, seed: 0 });

  it('holds out whole countries', () => {
    expect([...column(train, 'country')].filter((country) => column(id, 'country').has(country))).toEqual([]);
  });

  it('holds out Africa whole', () => {
    expect(column(ood, 'region')).toEqual(new Set(['Africa']));
    expect(column([...train, ...id], 'region')).toEqual(new Set(['Europe']));
  });

  it('asks only for fields whose answers have a pattern', () => {
    expect(column([...train, ...id, ...ood], 'field')).toEqual(new Set(['government', 'suffrage']));
  });

  it('writes an answer on one line', () => {
    expect(train.filter((item) => item.answer === '18 years of age; universal').length).toBeGreaterThan(0);
  });

  it('refuses a document that does not say its country', () => {
    const broken = [{ id: 'x', text: 'q', metadata: { answer: 'a', region: 'Europe', field: 'government' } }];
    expect(() => factbook.trainItems(broken, { count: 1, seed: 0 })).toThrow(
      /document "x" lacks its country/,
    );
  });
});
