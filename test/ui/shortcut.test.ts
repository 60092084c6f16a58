/** Shortcuts on both kinds of keyboard. */
import { expect, it } from 'vitest';
import { ariaShortcut, matchesShortcut, onApple, showShortcut } from '../../src/ui/shortcut.ts';

const press = (key: string, held = '') => ({
  key,
  ctrlKey: held.includes('c'),
  metaKey: held.includes('m'),
  shiftKey: held.includes('s'),
  altKey: held.includes('a'),
});

it('reads Mod as Command on Apple keyboards and as Control elsewhere', () => {
  expect(matchesShortcut(press('k', 'm'), 'Mod+K', true)).toBe(true);
  expect(matchesShortcut(press('k', 'c'), 'Mod+K', true)).toBe(false);
  expect(matchesShortcut(press('k', 'c'), 'Mod+K', false)).toBe(true);
  expect([onApple('MacIntel'), onApple('iPhone'), onApple('Linux x86_64'), onApple('Win32')]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

it('does not fire with a modifier too many or too few', () => {
  expect(matchesShortcut(press('Enter', 'cs'), 'Mod+Shift+Enter', false)).toBe(true);
  for (const held of ['c', 's', 'csa', 'csm', ''])
    expect(matchesShortcut(press('Enter', held), 'Mod+Shift+Enter', false), held).toBe(false);
});

it('shows and announces them as the platform does', () => {
  expect(showShortcut('Mod+Shift+Enter', true)).toBe('⌘⇧↩');
  expect(showShortcut('Mod+k', false)).toBe('Ctrl+K');
  expect(ariaShortcut('Mod+.', false)).toBe('Control+.');
});
