/** What the import benchmark times, where the app does it: in a worker, on the database of its own. */
import { deleteDB, openDB } from 'idb';
import { openDatabase } from '../../src/checkpoints/database.ts';
import { Hub } from '../../src/checkpoints/hub.ts';
import { importFolder, importRevision } from '../../src/checkpoints/import-model.ts';
import type { ModelFolder } from '../../src/checkpoints/weight-files.ts';

export interface Task {
  readonly kind: 'raw buffers' | 'raw blobs' | 'raw copy' | 'file' | 'hub';
  readonly file: File;
  readonly hub: { readonly address: string; readonly repository: string; readonly commit: string };
}

export interface Measured {
  readonly seconds: number;
  readonly bytes: number;
}

const name = 'import benchmark';
const target = { run: 'imported', step: 1, tokens: 0 };
const chunk = 2 ** 24;

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports: [port] }) => {
  port!.onmessage = async ({ data }: MessageEvent<Task>) => {
    try {
      port!.postMessage(await measured(data));
    } catch (error) {
      port!.postMessage({ error: String((error as Error).stack) });
    }
    globalThis.close();
  };
};

async function measured(task: Task): Promise<Measured> {
  await deleteDB(name);
  if (task.kind === 'raw buffers') return raw(task.file, (buffer) => buffer);
  if (task.kind === 'raw blobs') return raw(task.file, (buffer) => new Blob([buffer]));
  if (task.kind === 'raw copy') {
    const start = performance.now();
    const { bytes } = await raw(task.file, (buffer) => new Blob([buffer]));
    return { seconds: (performance.now() - start) / 1000, bytes };
  }
  const database = await openDatabase({ name });
  const start = performance.now();
  const { bytes } =
    task.kind === 'file'
      ? await importFolder(database, folderOf(task.file), target)
      : await importRevision(database, new Hub({ address: task.hub.address }), task.hub, target);
  const seconds = (performance.now() - start) / 1000;
  database.close();
  return { seconds, bytes };
}

/** The same bytes into a store, a transaction for every 16 MiB, two under way; reading them is not counted. */
async function raw(file: File, form: (buffer: ArrayBuffer) => ArrayBuffer | Blob): Promise<Measured> {
  const database = await openDB(name, 1, { upgrade: (created) => void created.createObjectStore('shards') });
  let [milliseconds, before] = [0, Promise.resolve() as Promise<unknown>];
  for (let at = 0; at < file.size; at += chunk) {
    const buffer = await file.slice(at, at + chunk).arrayBuffer();
    const start = performance.now();
    await before;
    const transaction = database.transaction('shards', 'readwrite', { durability: 'relaxed' });
    before = Promise.all([transaction.store.put(form(buffer), at), transaction.done]);
    milliseconds += performance.now() - start;
  }
  const start = performance.now();
  await before;
  milliseconds += performance.now() - start;
  database.close();
  return { seconds: milliseconds / 1000, bytes: file.size };
}

/** A dropped file with the config that it would have beside it. */
function folderOf(file: File): ModelFolder {
  const files: Readonly<Record<string, Blob>> = {
    'config.json': new Blob(['{"model_type":"llama"}']),
    'model.safetensors': file,
  };
  return { names: Object.keys(files), open: (name) => Promise.resolve(files[name]!) };
}
