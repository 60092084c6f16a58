/** The forms in which a notebook comes and goes as a file: its own .html, Jupyter's .ipynb, Markdown. */
import { deserialize, serialize } from './format.ts';
import { fromIpynb, toIpynb } from './ipynb.ts';
import { fromMarkdown, toMarkdown } from './markdown-file.ts';
import type { Notebook } from './notebook.ts';

export type NotebookForm = 'html' | 'ipynb' | 'md';

interface FormOfFile {
  readonly endings: readonly string[];
  readonly mime: string;
  /** @throws NotebookFormatError when the text is no such file. */
  readonly read: (text: string) => Notebook;
  readonly write: (notebook: Notebook) => string;
}

export const notebookForms: Readonly<Record<NotebookForm, FormOfFile>> = {
  html: {
    endings: ['.html', '.htm'],
    mime: 'text/html;charset=utf-8',
    read: deserialize,
    write: serialize,
  },
  ipynb: { endings: ['.ipynb'], mime: 'application/x-ipynb+json', read: fromIpynb, write: toIpynb },
  md: {
    endings: ['.md', '.markdown'],
    mime: 'text/markdown;charset=utf-8',
    read: fromMarkdown,
    write: toMarkdown,
  },
};

/** The form that a file's name says; null when it is not a notebook's. */
export function formOfName(name: string): NotebookForm | null {
  const forms = Object.entries(notebookForms) as [NotebookForm, FormOfFile][];
  const found = forms.find(([, { endings }]) =>
    endings.some((ending) => name.toLowerCase().endsWith(ending)),
  );
  return found?.[0] ?? null;
}
