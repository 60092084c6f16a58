// @vitest-environment jsdom
/** The list of notebooks: bundled, changed, own; nothing is lost by rename, duplicate or delete. */
import { beforeEach, describe, expect, it } from 'vitest';
import { deserialize, serialize } from '../../src/notebook/format.ts';
import { toNotebook } from '../../src/notebook/notebook.ts';
import { NotebookShelf } from '../../src/ui/notebook-shelf.ts';
import { MemoryEngine } from './memory-engine.ts';

const text = (title: string, source = '# Hi') =>
  serialize(toNotebook({ title, cells: [{ kind: 'md', source }] }));
const bundled = new Map([['study', text('The study')]]);
let engine: MemoryEngine;
let shelf: NotebookShelf;

beforeEach(() => {
  engine = new MemoryEngine();
  shelf = new NotebookShelf(engine, bundled);
});

const titles = () =>
  shelf.entries.value.map((entry) => `${entry.title}${entry.bundled ? '*' : ''}${entry.kept ? '+' : ''}`);

it('lists what is bundled before the engine has answered', () => {
  expect(titles()).toEqual(['The study*']);
});

it('opens the bundled text until a changed copy is kept, and has the bundled text again after its removal', async () => {
  expect(await shelf.read('study')).toBe(bundled.get('study'));
  await shelf.put('study', 'The study', text('The study', '# Changed'));
  expect(await shelf.read('study')).toContain('# Changed');
  expect(titles()).toEqual(['The study*+']);
  await shelf.remove('study');
  expect(await shelf.read('study')).toBe(bundled.get('study'));
  expect(titles()).toEqual(['The study*']);
});

it('puts a removed notebook back, character for character', async () => {
  const id = await shelf.add(text('Mine', 'a < b && "c"'));
  const before = await shelf.read(id);
  const undo = await shelf.remove(id);
  await expect(shelf.read(id)).rejects.toThrow(/no such notebook, got mine/);
  await undo();
  expect(await shelf.read(id)).toBe(before);
});

describe('ids', () => {
  it('come from the title and never collide', async () => {
    const ids = [await shelf.create(), await shelf.create(), await shelf.add(text('Study'))];
    expect(ids).toEqual(['untitled', 'untitled-2', 'study-2']);
  });
  it('stay when the title changes', async () => {
    const id = await shelf.create();
    await shelf.rename(id, 'A <better> name');
    expect(deserialize(await shelf.read(id)).title).toBe('A <better> name');
    expect(shelf.entries.value.find((entry) => entry.id === id)?.title).toBe('A <better> name');
  });
});

it('duplicates a bundled notebook into an own one', async () => {
  const id = await shelf.duplicate('study');
  expect(titles()).toEqual(['The study*', 'The study (copy)+']);
  expect(deserialize(await shelf.read(id)).cells[0]!.source).toBe('# Hi');
});

it('refuses a file that is not a notebook, and keeps nothing of it', async () => {
  await expect(shelf.add('<p>hello</p>')).rejects.toThrow(/expected a notebook file/);
  expect(engine.notebooks.size).toBe(0);
});
