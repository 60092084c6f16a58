/** Keyboard shortcuts: written once as `Mod+Shift+Enter`, matched against key events, shown as the platform writes them. */

/** What of a keyboard event decides a shortcut: also what the notebook frame forwards to the page. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** `Mod` is Command on Apple keyboards and Control elsewhere. */
export function onApple(platform = globalThis.navigator?.platform ?? ''): boolean {
  return /^(Mac|iP)/.test(platform);
}

/** Whether a press is the shortcut, all modifiers included. */
export function matchesShortcut(press: KeyPress, shortcut: string, apple = onApple()): boolean {
  const parts = shortcut.split('+');
  const key = parts.pop()!;
  const wants = (modifier: string): boolean => parts.includes(modifier);
  return (
    press.key.toLowerCase() === key.toLowerCase() &&
    press.shiftKey === wants('Shift') &&
    press.altKey === wants('Alt') &&
    press.ctrlKey === (wants('Ctrl') || (wants('Mod') && !apple)) &&
    press.metaKey === (wants('Meta') || (wants('Mod') && apple))
  );
}

const appleSigns: Readonly<Record<string, string>> = {
  Mod: '⌘',
  Shift: '⇧',
  Alt: '⌥',
  Ctrl: '⌃',
  Enter: '↩',
};

/** For tooltips and the palette: `Ctrl+Shift+Enter`, or `⌘⇧↩` on Apple keyboards. */
export function showShortcut(shortcut: string, apple = onApple()): string {
  const parts = shortcut.split('+').map((part) => (part.length === 1 ? part.toUpperCase() : part));
  if (apple) return parts.map((part) => appleSigns[part] ?? part).join('');
  return parts.map((part) => (part === 'Mod' ? 'Ctrl' : part)).join('+');
}

/** For `aria-keyshortcuts`. */
export function ariaShortcut(shortcut: string, apple = onApple()): string {
  return shortcut.replace('Mod', apple ? 'Meta' : 'Control').replace('Ctrl', 'Control');
}
