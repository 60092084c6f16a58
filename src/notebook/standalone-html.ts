/** A notebook with its results as one HTML file that needs nothing else and runs nothing: to read, send and archive. */
import type { Notebook } from './notebook.ts';

/**
 * @param outputs HTML by cell id; it is trusted to be sanitised.
 * @param renderMarkdown sanitised HTML of a text cell.
 */
export function toStandaloneHtml(
  notebook: Notebook,
  outputs: ReadonlyMap<number, string>,
  renderMarkdown: (source: string) => string,
): string {
  const cells = notebook.cells.map(({ id, kind, source }) => {
    if (kind === 'md') return `<section>${renderMarkdown(source)}</section>`;
    const code = `<details><summary>code</summary><pre><code>${escapeHtml(source)}</code></pre></details>`;
    return `<section>${code}${outputs.get(id) ?? ''}</section>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(notebook.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${cells.join('\n')}
</main>
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const style = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 54rem; margin: 2rem auto; padding: 0 1rem; }
section { margin: 1.25rem 0; overflow-x: auto; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.85rem; padding: 0.5rem 0.75rem; background: color-mix(in srgb, currentColor 6%, transparent); border-radius: 6px; }
summary { cursor: pointer; font-size: 0.8rem; opacity: 0.7; }
figure { margin: 0; }
figure svg { max-width: 100%; height: auto; }
figcaption { font-size: 0.85rem; opacity: 0.85; }
table { border-collapse: collapse; font-size: 0.85rem; }
th, td { padding: 0.2rem 0.6rem; text-align: left; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
.rows { max-height: 28rem; overflow: auto; }
@media print { .rows { max-height: none; } }
.problem { color: light-dark(#b01e1e, #ff938a); white-space: pre-wrap; }
`;
