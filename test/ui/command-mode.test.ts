/** Command mode: Jupyter's keys, and no others. */
import { describe, expect, it } from 'vitest';
import { CommandMode } from '../../src/ui/notebook/command-mode.ts';

const press = (key: string, changes = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...changes,
});

describe('command mode', () => {
  it.each([
    ['Enter', {}, 'edit'],
    ['Enter', { shiftKey: true }, 'run-next'],
    ['Enter', { ctrlKey: true }, 'run-stay'],
    ['Enter', { metaKey: true }, 'run-stay'],
    ['Enter', { altKey: true }, 'run-insert'],
    ['a', {}, 'insert-above'],
    ['b', {}, 'insert-below'],
    ['z', {}, 'undo-delete'],
    ['m', {}, 'to-text'],
    ['y', {}, 'to-code'],
    ['ArrowDown', {}, 'select-below'],
    ['k', {}, 'select-above'],
    ['ArrowUp', { shiftKey: true }, 'up'],
    ['a', { ctrlKey: true }, null],
    ['Tab', {}, null],
    ['x', {}, null],
  ])('%s with %j means %s', (key, modifiers, command) => {
    expect(new CommandMode().command(press(key, modifiers), 0)).toBe(command);
  });

  it('deletes only at two presses of D soon after each other', () => {
    const mode = new CommandMode();
    expect([
      mode.command(press('d'), 0),
      mode.command(press('d'), 900),
      mode.command(press('j'), 950),
      mode.command(press('d'), 1000),
    ]).toEqual([null, null, 'select-below', null]);
    expect(mode.command(press('d'), 1200)).toBe('delete');
    expect(mode.command(press('d'), 1300)).toBeNull();
  });
});
