/** Files and folders that a person drops or picks, as paths: folders are read to their bottom. */

export interface DroppedFile {
  /** `folder/config.json`; a name alone for a file that was dropped by itself. */
  readonly path: string;
  readonly file: File;
}

/** More files than any model has: who drops a home folder is not kept waiting. */
const MOST_FILES = 2000;

/** What a drop holds. To be called while the drop event is being handled: afterwards the browser forgets it. */
export async function readDrop(transfer: DataTransfer): Promise<DroppedFile[]> {
  const files = [...transfer.files].map((file) => ({ path: file.name, file }));
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return files;
  const found: DroppedFile[] = [];
  for (const entry of entries) if (entry) await readEntry(entry, found);
  return found;
}

/** What an input with `webkitdirectory` was given. */
export function readPicked(files: Iterable<File>): DroppedFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

async function readEntry(entry: FileSystemEntry, found: DroppedFile[]): Promise<void> {
  if (found.length >= MOST_FILES)
    throw new RangeError(`drop: too many files, got more than ${MOST_FILES}; drop the model's own folder`);
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ path: entry.fullPath.replace(/^\//, ''), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const more = (): Promise<FileSystemEntry[]> =>
    new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  // A directory gives its entries in parts, and an empty one at the end.
  for (let part = await more(); part.length > 0; part = await more())
    for (const each of part) await readEntry(each, found);
}
