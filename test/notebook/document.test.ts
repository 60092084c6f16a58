/** Editing: cells are added, moved, deleted and brought back; ids stay with their cells. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NotebookDocument } from '../../src/notebook/document.ts';
import { toNotebook } from '../../src/notebook/notebook.ts';

function open(...sources: string[]) {
  let changes = 0;
  const document = new NotebookDocument(
    toNotebook({ cells: sources.map((source) => ({ source })) }),
    () => changes++,
  );
  return { document, sources: () => document.cells.map(({ source }) => source), changes: () => changes };
}

describe('NotebookDocument', () => {
  it('inserts, moves and edits cells and says that it did', () => {
    const { document, sources, changes } = open('a', 'b');
    const id = document.insert(1, 'md', 'text');
    document.move(id, -5);
    document.setSource(id, 'edited');
    document.setKind(id, 'ts');
    expect(sources()).toEqual(['edited', 'a', 'b']);
    expect(document.cells[0]).toMatchObject({ id, kind: 'ts', type: 'text/x-typescript' });
    expect(changes()).toBe(4);
  });

  it('brings back deleted cells one by one, each to its place', () => {
    const { document, sources } = open('a', 'b', 'c');
    document.delete(2);
    document.delete(1);
    expect(sources()).toEqual(['c']);
    expect(document.undoDelete()).toBe(1);
    expect(document.undoDelete()).toBe(2);
    expect(document.undoDelete()).toBeNull();
    expect(sources()).toEqual(['a', 'b', 'c']);
  });

  it('undoes any series of deletions to where it began', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(6), { maxLength: 6 }), (picks) => {
        const { document, sources } = open('a', 'b', 'c', 'd', 'e', 'f');
        for (const pick of picks)
          if (document.cells.length > 0) document.delete(document.cells[pick % document.cells.length]!.id);
        while (document.canUndoDelete) document.undoDelete();
        expect(sources()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      }),
      { seed: 3 },
    );
  });

  it('never gives an id twice', () => {
    const { document } = open('a');
    const id = document.insert(1, 'js');
    document.delete(id);
    expect(document.insert(1, 'js')).toBe(id + 1);
  });

  it('refuses cells that are not there', () => {
    expect(() => open('a').document.setSource(9, '')).toThrow('no cell 9');
  });
});
