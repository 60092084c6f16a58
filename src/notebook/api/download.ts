/** `download`: a button that gives a file to the person. */
import { csvFormat } from 'd3-dsv';
import { View, type Builtin } from '../builtins.ts';
import { element } from '../element.ts';

type Content = string | Uint8Array<ArrayBuffer> | readonly object[] | object;

export const download: Builtin<(name: string, content: Content) => View<Content>> = {
  signature: 'download(name, content)',
  doc: 'A button that saves a file: text or bytes as they are, rows as CSV for a name ending in .csv, any other data as JSON.',
  bind: (cell) => (name, content) =>
    new View(content, () => {
      const button = element('button', 'download', `Save ${name}`);
      button.addEventListener('click', () => cell.download({ name, ...encode(name, content) }));
      return button;
    }),
};

function encode(
  name: string,
  content: Content,
): { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> } {
  if (content instanceof Uint8Array) return { type: 'application/octet-stream', bytes: content };
  if (typeof content === 'string') return { type: 'text/plain', bytes: new TextEncoder().encode(content) };
  if (name.endsWith('.csv') && Array.isArray(content)) {
    return { type: 'text/csv', bytes: new TextEncoder().encode(csvFormat(content as object[])) };
  }
  return { type: 'application/json', bytes: new TextEncoder().encode(JSON.stringify(content, null, 2)) };
}
