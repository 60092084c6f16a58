/** A thing the person can do: one table of these feeds the palette, the shortcuts and the tooltips. */
import { matchesShortcut, showShortcut } from './shortcut.ts';
import type { KeyPress } from './shortcut.ts';

export interface Command {
  /** What it does, in the imperative: `Run all cells`. */
  readonly name: string;
  /** Like `Mod+Shift+Enter`. */
  readonly shortcut?: string;
  readonly enabled?: boolean;
  readonly run: () => void;
}

/** The enabled command that a key press asks for. */
export function commandFor(commands: readonly Command[], press: KeyPress): Command | undefined {
  return commands.find(
    ({ shortcut, enabled = true }) => enabled && shortcut !== undefined && matchesShortcut(press, shortcut),
  );
}

/** `Run all cells (Ctrl+Shift+Enter)`. */
export function tooltip(name: string, shortcut?: string): string {
  return shortcut ? `${name} (${showShortcut(shortcut)})` : name;
}

/**
 * Enabled commands whose name has every word of the query (as the start of a word first, then anywhere),
 * in their own order otherwise.
 */
export function findCommands(commands: readonly Command[], query: string): readonly Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = ({ name }: Command): number => {
    const text = name.toLowerCase();
    if (!words.every((word) => text.includes(word))) return -1;
    return words.every((word) => text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word))) ? 1 : 0;
  };
  return commands
    .filter((command) => command.enabled !== false && rank(command) >= 0)
    .sort((a, b) => rank(b) - rank(a));
}
