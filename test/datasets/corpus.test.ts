/** Choosing documents by metadata, seed and size. */
import { describe, expect, it } from 'vitest';
import { selectDocuments } from '../../src/datasets/corpus.ts';
import { DatasetError, type Document } from '../../src/datasets/document.ts';

const documents: Document[] = Array.from({ length: 40 }, (_, i) => ({
  id: `d${i}`,
  text: 'x'.repeat(100),
  metadata: { year: 1790 + i, president: i % 2 === 0 ? 'even' : 'odd' },
}));
const all = { name: 'speeches', where: {}, maxBytes: null };
const ids = (chosen: readonly Document[]): string[] => chosen.map(({ id }) => id);

describe('selectDocuments', () => {
  it('keeps all documents, in an order of the seed', () => {
    const one = ids(selectDocuments(documents, all, 1));
    expect(one).toEqual(ids(selectDocuments(documents, all, 1)));
    expect(one).not.toEqual(ids(selectDocuments(documents, all, 2)));
    expect(one).not.toEqual(ids(documents));
    expect([...one].sort()).toEqual(ids(documents).sort());
  });

  it('keeps the documents that meet every condition', () => {
    const chosen = selectDocuments(documents, { ...all, where: { president: 'odd', year: [1790, 1799] } }, 0);
    expect(chosen.map(({ metadata }) => metadata['year']).sort()).toEqual([1791, 1793, 1795, 1797, 1799]);
    expect(selectDocuments(documents, { ...all, where: { year: 1800 } }, 0)).toHaveLength(1);
  });

  it('does not take text for a number in a range', () => {
    expect(() => selectDocuments(documents, { ...all, where: { president: [0, 9] } }, 0)).toThrow(
      DatasetError,
    );
  });

  it('stops before it passes the size', () => {
    const chosen = selectDocuments(documents, { ...all, maxBytes: 1050 }, 3);
    expect(ids(chosen)).toEqual(ids(selectDocuments(documents, all, 3)).slice(0, 10));
  });

  it('cuts a first document that is larger than the size, between characters', () => {
    const long = [{ id: 'a', text: 'é'.repeat(50), metadata: {} }];
    expect(selectDocuments(long, { ...all, maxBytes: 7 }, 0)).toEqual([
      { id: 'a', text: 'ééé', metadata: {} },
    ]);
  });

  it('says which fields there are when none is left', () => {
    const select = (): unknown => selectDocuments(documents, { ...all, where: { yeer: 1800 } }, 0);
    expect(select).toThrow(
      /speeches: no document is left, got 40 and where \{"yeer":1800\}.*fields are: year, president/,
    );
  });
});
