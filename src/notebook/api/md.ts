/** `md`: text with marks, rendered; values in it are text, never marks of their own. */
import type { Builtin } from '../builtins.ts';
import { renderMarkdown } from '../markdown.ts';

export const md: Builtin<(strings: TemplateStringsArray, ...values: unknown[]) => HTMLElement> = {
  signature: 'md`text`',
  doc: 'Rendered Markdown with $mathematics$: md`**${count}** runs`.',
  bind:
    () =>
    (strings, ...values) => {
      const element = document.createElement('div');
      element.className = 'markdown';
      element.innerHTML = renderMarkdown(String.raw({ raw: strings }, ...values.map(escapeMarks)));
      return element;
    },
};

function escapeMarks(value: unknown): string {
  return String(value).replace(/[\\`*_{}[\]()#+\-.!|<>$&]/g, '\\$&');
}
