/** Addresses, friendly and hostile. */
import { expect, it } from 'vitest';
import { hashOfNotebook, notebookOfHash, readLaunch } from '../../src/ui/launch.ts';

const at = (tail: string) => new URL(`http://127.0.0.1:5173/${tail}`);

it('reads notebook, profile and settings from the query', () => {
  expect(
    readLaunch(at('?notebook=amuro-and-char&profile=quick&set.steps=32&set.lr=1e-3&set.=x&other=1')),
  ).toEqual({
    notebook: 'amuro-and-char',
    profile: 'quick',
    settings: { steps: '32', lr: '1e-3' },
  });
});

it('lets the hash win, and asks for nothing in a bare address', () => {
  expect(readLaunch(at('?notebook=a#/notebook/b')).notebook).toBe('b');
  expect(readLaunch(at(''))).toEqual({ notebook: null, profile: null, settings: {} });
});

it('keeps a setting named like an object property a plain setting', () => {
  const { settings } = readLaunch(at('?set.__proto__=x'));
  expect(Object.getPrototypeOf(settings)).toBe(Object.prototype);
  expect(Object.entries(settings)).toEqual([['__proto__', 'x']]);
});

it('refuses an unknown profile by name', () => {
  expect(() => readLaunch(at('?profile=huge'))).toThrow(/got huge, expected quick or full/);
});

it('carries any notebook name through a hash, and no path', () => {
  for (const id of ['plain', 'Ünïcode & spaces', 'a%b', '../x'])
    expect(notebookOfHash(hashOfNotebook(id))).toBe(id);
  for (const hash of ['#/notebook/%E0%A4%A', '#/notebook/', '#/notebook/a/b', '#x', ''])
    expect(notebookOfHash(hash)).toBeNull();
});
