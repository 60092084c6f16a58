/** The app without its page, in Node: database, data, queue, with the real work on a real device. */
import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openDatabase } from '../../src/checkpoints/database.ts';
import { ExperimentStore } from '../../src/experiments/experiment-store.ts';
import { ModelSources } from '../../src/experiments/model-sources.ts';
import { Resources } from '../../src/experiments/resources.ts';
import { RunQueue } from '../../src/experiments/run-queue.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import type { RunSpec } from '../../src/experiments/spec.ts';
import type { Gpu } from '../../src/gpu/device.ts';

export interface Lab {
  readonly store: ExperimentStore;
  readonly resources: Resources;
  readonly models: ModelSources;
  /** Runs a spec to its end. @throws Error with the reason when it does not finish */
  run(spec: RunSpec): Promise<void>;
  close(): void;
}

let labs = 0;

export async function openLab(gpu: Gpu): Promise<Lab> {
  const database = await openDatabase({ name: `export check ${labs++}` });
  const datasets = await serveDatasets({ 'spam-assassin': mails() });
  const store = new ExperimentStore(database);
  const resources = new Resources(database, datasets.address);
  const models = new ModelSources();
  const ends = new Map<string, () => void>();
  const queue = new RunQueue({
    store,
    resources,
    models,
    gpu: () => Promise.resolve(gpu),
    environment: () => ({ adapter: gpu.adapter.name }),
    onProgress: ({ run, status }) => {
      if (['finished', 'stopped', 'failed'].includes(status)) ends.get(run)?.();
    },
    onRows: () => undefined,
  });
  return {
    store,
    resources,
    models,
    async run(spec) {
      const ended = new Promise<void>((resolve) => ends.set(runId(spec), resolve));
      await queue.start(spec);
      await ended;
      const record = await store.runs.get(runId(spec));
      if (record?.status !== 'finished')
        throw new Error(`${spec.kind}: ${record?.error ?? 'did not finish'}`);
    },
    close() {
      database.close();
      datasets.close();
    },
  };
}

/** Datasets as the app's server gives them: an index, and a file of lines for each. */
async function serveDatasets(
  datasets: Readonly<Record<string, readonly object[]>>,
): Promise<{ readonly address: string; readonly close: () => void }> {
  const files = new Map<string, string>();
  const index = Object.entries(datasets).map(([name, documents]) => {
    const text = documents.map((document) => JSON.stringify(document)).join('\n');
    files.set(`/${name}.jsonl`, text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const { length } = documents;
    return {
      name,
      title: name,
      licence: 'CC0-1.0',
      source: 'made',
      documents: length,
      bytes: text.length,
      sha256,
    };
  });
  files.set('/index.json', JSON.stringify(index));
  const server = createServer(({ url }, response) => response.end(files.get(url!)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/** Mails of both kinds, no two of which begin alike. */
function mails(): object[] {
  const words = ['meeting', 'lottery', 'invoice', 'garden', 'printer', 'holiday', 'protocol', 'whale'];
  return Array.from({ length: 40 }, (_, number) => {
    const spam = number % 2 === 1;
    const chosen = [number % 8, (number >> 3) % 8, (number * 5 + 3) % 8].map((index) => words[index]);
    return {
      id: `mail-${number}`,
      text: `Subject: ${chosen.join(' ')}\n\n${spam ? 'Win money now' : 'See the notes on'} ${chosen.reverse().join(', ')}.`,
      label: spam ? 'spam' : 'ham',
      part: spam ? 'spam-1' : 'easy-ham-1',
    };
  });
}
