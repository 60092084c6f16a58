/** Files that a person gives to the page: notebooks become entries of the list, everything else a dataset. */
import { NotebookFormatError } from '../notebook/format.ts';
import { formatBytes, formatCount } from './quantities.ts';
import type { Session } from './session.ts';

export const NOTEBOOK_ENDINGS = '.html,.htm';
/** A file is read whole into memory, then moved to the engine. */
const MAX_FILE_BYTES = 1e9;

/** Take files one after another; each that cannot be taken is named with the reason, the others still are. */
export async function takeFiles(session: Session, files: readonly File[]): Promise<void> {
  for (const file of files) await session.attempt(() => takeFile(session, file));
}

async function takeFile(session: Session, file: File): Promise<void> {
  if (session.readOnly)
    throw new Error(`${file.name}: this tab only reads; add the file in the other tab of amuro`);
  if (file.size > MAX_FILE_BYTES)
    throw new RangeError(
      `${file.name}: the file is too large, got ${formatBytes(file.size)}, expected at most ${formatBytes(MAX_FILE_BYTES)}; split it`,
    );
  if (/\.html?$/i.test(file.name)) return openNotebookFile(session, file);
  const { name, documents } = await session.engine.request('datasets.addFile', {
    name: file.name,
    bytes: await file.arrayBuffer(),
  });
  await session.control.refreshStorage();
  session.notices.note(
    `${file.name}: kept as ${name}, ${formatCount(documents)} documents. Use it as a corpus by that name.`,
  );
}

async function openNotebookFile(session: Session, file: File): Promise<void> {
  try {
    const id = await session.shelf.add(await file.text());
    await session.openNotebook(id);
    session.notices.note(`${file.name}: imported. Nothing in it has been run.`);
  } catch (error) {
    if (error instanceof NotebookFormatError) throw new NotebookFormatError(`${file.name}: ${error.message}`);
    throw error;
  }
}
