/** Small elements for what the API shows: a tag, a class, children that are elements or text. */

export function element(
  tag: string,
  className: string,
  ...children: readonly (Node | string)[]
): HTMLElement {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  if (tag === 'pre') made.tabIndex = 0; // long text scrolls in itself, and a keyboard must reach it
  made.append(...children);
  return made;
}

/** White space that a reader must see to read a prompt or a token. */
export function visibleSpace(text: string): string {
  return text.replaceAll('\n', '↵\n').replaceAll('\t', '⇥');
}
