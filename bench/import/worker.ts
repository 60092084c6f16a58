/** What the import benchmark times, where the app does it: in a worker, on the database of its own. */
import { openDatabase } from '../../src/checkpoints/database.ts';
import { Hub } from '../../src/checkpoints/hub.ts';
import { importFolder, importRevision } from '../../src/checkpoints/import-model.ts';
import type { ModelFolder } from '../../src/checkpoints/weight-files.ts';
import { peers, stages, type Kind, type Measured, type Peer, type Stage, type Task } from './kinds.ts';
import { putRaw } from './raw.ts';
import { measureStage } from './stages.ts';

const target = { run: 'imported', step: 1, tokens: 0 };

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports: [port] }) => {
  port!.onmessage = async ({ data }: MessageEvent<Task>) => {
    try {
      port!.postMessage(await measured(data));
    } catch (error) {
      port!.postMessage({ error: (error as Partial<Error> | null)?.stack ?? String(error) });
    }
  };
  port!.postMessage({});
};

async function measured(task: Task): Promise<Measured> {
  const { kind, file, hub } = task;
  if (isIn(peers, kind)) return putRaw(kind satisfies Peer, file);
  if (isIn(stages, kind)) return measureStage({ ...task, kind: kind satisfies Stage });
  const database = await openDatabase({ name: 'import benchmark' });
  const start = performance.now();
  const { bytes } =
    kind === 'file'
      ? await importFolder(database, folderOf(file), target)
      : await importRevision(database, new Hub({ address: hub.address }), hub, target);
  const seconds = (performance.now() - start) / 1000;
  database.close();
  return { seconds, bytes };
}

function isIn<T extends Kind>(kinds: readonly T[], kind: Kind): kind is T {
  return (kinds as readonly Kind[]).includes(kind);
}

/** A dropped file with the config that it would have beside it. */
function folderOf(file: File): ModelFolder {
  const files: Readonly<Record<string, Blob>> = {
    'config.json': new Blob(['{"model_type":"llama"}']),
    'model.safetensors': file,
  };
  return { names: Object.keys(files), open: (name) => Promise.resolve(files[name]!) };
}
