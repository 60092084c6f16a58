/** Light, dark, or as the system has it: kept as `data-theme` on the root, remembered in this browser. */

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'amuro-theme';
const order: readonly Theme[] = ['system', 'light', 'dark'];

export function currentTheme(): Theme {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

/** Whether the page is dark now, by choice or by the system. */
export function isDark(): boolean {
  const theme = currentTheme();
  return theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
}

export function setTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  localStorage.setItem(KEY, theme);
  root.dispatchEvent(new Event('theme-change'));
}

export function nextTheme(): Theme {
  return order[(order.indexOf(currentTheme()) + 1) % order.length]!;
}

/** Before the first paint. */
export function restoreTheme(): void {
  const kept = localStorage.getItem(KEY);
  if (kept === 'light' || kept === 'dark') document.documentElement.dataset['theme'] = kept;
}
