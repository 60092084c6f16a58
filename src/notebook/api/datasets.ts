/** `datasets` and `preview`: what text there is, and what it reads like. */
import type { CorpusSpec } from '../../experiments/spec.ts';
import { corpusSchema } from '../../experiments/spec.ts';
import type { DatasetInfo, DocumentPreview } from '../../worker/protocol.ts';
import { View, type Builtin } from '../builtins.ts';
import { element } from '../element.ts';
import { parseSpec } from '../parse-spec.ts';

export const datasets: Builtin<() => Promise<readonly DatasetInfo[]>> = {
  signature: 'datasets()',
  doc: 'The datasets there are: bundled ones and files you dropped, with licence, source and size.',
  bind: (cell) => () => cell.engine.request('datasets.list', {}),
};

type Preview = (
  corpus: string | Partial<CorpusSpec>,
  options?: { readonly documents?: number },
) => Promise<View<readonly DocumentPreview[]>>;

export const preview: Builtin<Preview> = {
  signature: 'preview(corpus, {documents: 3})',
  doc: 'The first documents of a corpus, to read: preview("moby-dick"), or with a filter preview({name, where: {…}}).',
  bind:
    (cell) =>
    async (corpus, { documents = 3 } = {}) => {
      const written = typeof corpus === 'string' ? { name: corpus } : corpus;
      const complete = parseSpec('preview', corpusSchema, written);
      const found = await cell.engine.request('datasets.preview', { corpus: complete, documents });
      return new View(found, () => element('div', 'documents', ...found.map(showDocument)));
    },
};

function showDocument({ id, text, metadata }: DocumentPreview): HTMLElement {
  const facts = Object.entries(metadata).map(([name, value]) => `${name} ${value}`);
  const summary = element('summary', '', [id, ...facts].join(' · '));
  const details = element('details', 'document', summary, element('pre', '', text));
  details.setAttribute('open', '');
  return details;
}
