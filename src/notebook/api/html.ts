/** `html`: an element from a template; text in it is escaped, elements in it are kept. */
import type { Builtin } from '../builtins.ts';

export const html: Builtin<(strings: TemplateStringsArray, ...values: unknown[]) => Node> = {
  signature: 'html`<p>…</p>`',
  doc: 'An element from HTML; values become text, elements stay elements: html`<p>${node}</p>`.',
  bind:
    () =>
    (strings, ...values) => {
      const nodes = values.map((value) => (Array.isArray(value) ? value : [value]).map(toNode));
      const template = document.createElement('template');
      template.innerHTML = strings.reduce(
        (text, part, at) => text + slot(text, values[at - 1], at - 1) + part,
      );
      for (const place of template.content.querySelectorAll('amuro-slot')) {
        place.replaceWith(...nodes[Number(place.getAttribute('n'))]!);
      }
      const { children, childNodes } = template.content;
      const only =
        children.length === 1 &&
        [...childNodes].every((node) => node === children[0] || node.textContent?.trim() === '');
      return only ? children[0]! : template.content;
    },
};

/** Inside a tag a value is attribute text; elsewhere it is replaced by its nodes after parsing. */
function slot(before: string, value: unknown, index: number): string {
  if (before.lastIndexOf('<') <= before.lastIndexOf('>')) return `<amuro-slot n="${index}"></amuro-slot>`;
  return String(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

function toNode(value: unknown): Node {
  return value instanceof Node ? value : document.createTextNode(String(value));
}
