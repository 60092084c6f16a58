/** Files that a person gives to the page: models are imported, notebooks become entries of the list, the rest datasets. */
import type { ImportSpec } from '../experiments/spec.ts';
import { NotebookFormatError, serialize } from '../notebook/format.ts';
import { formOfName, notebookForms } from '../notebook/notebook-file.ts';
import type { Notebook } from '../notebook/notebook.ts';
import type { DroppedFile } from './dropped-files.ts';
import { findModels, type DroppedModel } from './dropped-models.ts';
import { formatBytes, formatCount } from './quantities.ts';
import type { Session } from './session.ts';

/** What a person picks files for. Dropped files say nothing: their names and contents decide. */
export type FilePurpose = 'notebook' | 'data';

export const fileEndings: Readonly<Record<FilePurpose, string>> = {
  notebook: Object.values(notebookForms)
    .flatMap(({ endings }) => endings)
    .join(),
  data: '.txt,.md,.jsonl,.csv',
};

/** A file is read whole into memory, then moved to the engine. */
const MAX_FILE_BYTES = 1e9;

/** Take what was dropped: models as imports, everything else file by file. */
export async function takeDrop(session: Session, dropped: Promise<readonly DroppedFile[]>): Promise<void> {
  await session.attempt(async () => {
    const { models, others } = findModels(await dropped);
    for (const model of models) await session.attempt(() => keepModel(session, model));
    await takeFiles(session, others);
  });
}

async function keepModel(session: Session, { folder, revisions }: DroppedModel): Promise<void> {
  requireWritable(session, folder);
  const record = await session.engine.request('models.addFiles', { folder, revisions });
  await session.showImport(record.spec as ImportSpec);
}

/** Take files one after another; each that cannot be taken is named with the reason, the others still are. */
export async function takeFiles(
  session: Session,
  files: readonly File[],
  purpose: FilePurpose | null = null,
): Promise<void> {
  for (const file of files) await session.attempt(() => takeFile(session, file, purpose));
}

async function takeFile(session: Session, file: File, purpose: FilePurpose | null): Promise<void> {
  requireWritable(session, file.name);
  if (file.size > MAX_FILE_BYTES)
    throw new RangeError(
      `${file.name}: the file is too large, got ${formatBytes(file.size)}, expected at most ${formatBytes(MAX_FILE_BYTES)}; split it`,
    );
  const notebook = await asNotebook(file, purpose);
  if (notebook) await keepNotebook(session, file.name, notebook);
  else await keepDataset(session, file);
}

function requireWritable({ readOnly }: Session, name: string): void {
  if (readOnly) throw new Error(`${name}: this tab only reads; add it in the other tab of amuro`);
}

/** The notebook in a file, or null for data. Dropped Markdown without a code cell is text to train on. */
async function asNotebook(file: File, purpose: FilePurpose | null): Promise<Notebook | null> {
  const form = formOfName(file.name);
  if (purpose === 'data') return null;
  if (form === null) {
    if (purpose === null) return null;
    throw new NotebookFormatError(
      `${file.name}: not a notebook by its name, expected one of ${fileEndings.notebook}; data files are added by "Add a data file…"`,
    );
  }
  const notebook = readNotebook(file.name, await file.text(), notebookForms[form].read);
  const isText = form === 'md' && notebook.cells.every(({ kind }) => kind === 'md');
  return isText && purpose === null ? null : notebook;
}

function readNotebook(name: string, text: string, read: (text: string) => Notebook): Notebook {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof NotebookFormatError) throw new NotebookFormatError(`${name}: ${error.message}`);
    throw error;
  }
}

async function keepNotebook(session: Session, name: string, notebook: Notebook): Promise<void> {
  await session.openNotebook(await session.shelf.add(serialize(notebook)));
  session.notices.note(`${name}: imported. Nothing in it has been run.`);
}

async function keepDataset(session: Session, file: File): Promise<void> {
  const { name, documents } = await session.engine.request('datasets.addFile', {
    name: file.name,
    bytes: await file.arrayBuffer(),
  });
  await session.control.refreshStorage();
  session.notices.note(
    `${file.name}: kept as ${name}, ${formatCount(documents)} documents. Use it as a corpus by that name.`,
  );
}
