/** What the engine worker does for each request of the protocol. */
import { z } from 'zod';
import { version } from '../../package.json';
import { openDatabase, type Database } from '../checkpoints/database.ts';
import { sweepShards } from '../checkpoints/shards.ts';
import { storageEstimate } from '../checkpoints/storage.ts';
import { ExperimentStore } from '../experiments/experiment-store.ts';
import { ModelSources } from '../experiments/model-sources.ts';
import { Resources } from '../experiments/resources.ts';
import { PerformanceMeasurements } from '../experiments/run-performance.ts';
import { RunQueue } from '../experiments/run-queue.ts';
import { promptText, completion } from '../tasks/task.ts';
import { findTask, tasks } from '../tasks/index.ts';
import { exportCheckpoint } from './checkpoint-export.ts';
import { EngineDevice } from './engine-device.ts';
import { GenerationDesk } from './generation-desk.ts';
import { modelHandlers } from './model-requests.ts';
import { NotebookStore } from './notebook-store.ts';
import { performanceHandlers, type PerformanceHandlers } from './performance-requests.ts';
import { requestSchemas, type EngineEvent, type Method, type Results, type TaskInfo } from './protocol.ts';

type Parsed<M extends Method> = z.output<(typeof requestSchemas)[M]>;
type Handlers = { [M in Method]: (params: Parsed<M>) => Promise<Results[M]> };

export interface ServiceOptions {
  /** Where the bundled datasets lie, ending in `/`. */
  readonly datasetsUrl: string;
  readonly emit: (event: EngineEvent) => void;
}

interface Parts {
  readonly store: ExperimentStore;
  readonly resources: Resources;
  readonly models: ModelSources;
  readonly device: EngineDevice;
  readonly queue: RunQueue;
}

export class EngineService {
  private readonly handlers: Handlers;

  private constructor(
    private readonly database: Database,
    private readonly options: ServiceOptions,
  ) {
    const { emit } = options;
    const store = new ExperimentStore(database);
    const resources = new Resources(database, options.datasetsUrl);
    const models = new ModelSources();
    const device = new EngineDevice(emit);
    const queue = new RunQueue({
      store,
      resources,
      models,
      gpu: () => device.current(),
      environment: () => ({ ...device.known, amuro: version }),
      onProgress: (progress) => emit({ type: 'progress', progress }),
      onRows: (run, rows) => emit({ type: 'rows', run, rows }),
    });
    const measurements = new PerformanceMeasurements(store, resources, queue.turn, () => device.current());
    this.handlers = {
      ...this.createHandlers({ store, resources, models, device, queue }),
      ...performanceHandlers(measurements),
    };
  }

  static async open(options: ServiceOptions): Promise<EngineService> {
    const database = await openDatabase({
      onClosed: (reason) =>
        options.emit({ type: 'device', state: 'unavailable', message: `Storage closed: ${reason}.` }),
    });
    await sweepShards(database); // what saves of a killed tab left behind
    return new EngineService(database, options);
  }

  /** Answers one request. Parameters are validated here again: the page may pass on what a notebook asked for. */
  async answer(method: string, params: unknown): Promise<unknown> {
    if (!Object.hasOwn(requestSchemas, method)) throw new TypeError(`engine: there is no method ${method}`);
    const name = method as Method;
    const parsed = requestSchemas[name].safeParse(params);
    if (!parsed.success) throw new TypeError(`${name}: ${z.prettifyError(parsed.error)}`);
    const handler = this.handlers[name] as (params: unknown) => Promise<unknown>;
    return handler(parsed.data);
  }

  private createHandlers(parts: Parts): Omit<Handlers, keyof PerformanceHandlers> {
    const { store, resources, models, device, queue } = parts;
    const notebooks = new NotebookStore(this.database);
    const generations = new GenerationDesk({
      store,
      resources,
      turn: queue.turn,
      gpu: () => device.current(),
      emit: this.options.emit,
    });
    const estimate = () => storageEstimate(this.database);
    const nothing = (work: Promise<unknown> | void): Promise<null> => Promise.resolve(work).then(() => null);
    return {
      'engine.start': async () => {
        await device.current();
        await queue.resumeInterrupted();
        return device.info();
      },
      'engine.info': async () => {
        await device.current();
        return device.info();
      },
      'engine.loseDevice': () => nothing(device.lose()),

      'datasets.list': () => resources.listDatasets(),
      'datasets.preview': async ({ corpus, documents }) =>
        (await resources.select([corpus], 0)).slice(0, documents),
      'datasets.addFile': async ({ name, bytes }) => {
        const id = await resources.addFile(name, bytes);
        return (await resources.listDatasets()).find((dataset) => dataset.name === id)!;
      },
      'tokenizers.preview': async ({ tokenizer: spec, text }) => {
        const { tokenizer } = await resources.tokenizer(spec);
        const ids = Array.from(tokenizer.encode(text, { specialTokens: 'text' }));
        const bytes = new TextEncoder().encode(text).length;
        return {
          ids,
          pieces: ids.map((id) => tokenizer.piece(id)),
          bytesPerToken: bytes / Math.max(1, ids.length),
        };
      },
      'tokenizers.export': async ({ tokenizer: spec }) =>
        JSON.stringify((await resources.tokenizer(spec)).json, null, 1),
      'tasks.list': () => Promise.resolve(Object.values(tasks).map(describeTask)),
      'tasks.preview': async ({ task: name, format, items, seed }) => {
        const task = findTask(name);
        const drawn = task.trainItems(await resources.documents(task.dataset), { count: items, seed });
        return drawn.map((item) => ({
          prompt: promptText(task.prompt(item, format)),
          completion: completion(item.answer),
        }));
      },

      ...modelHandlers(models, queue),

      'runs.start': ({ spec }) => queue.start(spec),
      'runs.pause': ({ run }) => nothing(queue.pause(run)),
      'runs.step': ({ run }) => nothing(queue.step(run)),
      'runs.resume': ({ run }) => nothing(queue.resume(run)),
      'runs.stop': ({ run }) => nothing(queue.stop(run)),
      'runs.get': async ({ run }) => (await store.runs.get(run)) ?? null,
      'runs.list': async () => (await store.runs.list()).sort((a, b) => a.createdAt - b.createdAt),
      'runs.remove': async ({ run }) => {
        if (await store.runs.get(run)) await queue.stop(run);
        await store.removeRun(run);
        await resources.imported.forget(run);
        this.options.emit({ type: 'storage', estimate: await estimate() });
        return null;
      },
      'runs.steps': ({ run }) => store.readSteps(run),
      'rows.list': ({ runs }) => store.readRows(runs),

      'checkpoints.list': ({ run }) => store.listCheckpoints(run),
      'checkpoints.export': ({ checkpoint }) => exportCheckpoint(checkpoint, store, resources),
      'models.generate': (request) => generations.generate(request),
      'models.stopGenerating': ({ id }) => nothing(generations.stop(id)),

      'notebooks.list': () => notebooks.list(),
      'notebooks.get': ({ id }) => notebooks.get(id),
      'notebooks.put': (notebook) => notebooks.put(notebook),
      'notebooks.remove': ({ id }) => nothing(notebooks.remove(id)),

      'storage.estimate': estimate,
      'storage.clear': async () => {
        await queue.stopAll();
        await this.clear();
        resources.forget();
        this.options.emit({ type: 'storage', estimate: await estimate() });
        return null;
      },
    };
  }

  private async clear(): Promise<void> {
    const stores = [...this.database.objectStoreNames];
    const transaction = this.database.transaction(stores, 'readwrite');
    await Promise.all([...stores.map((name) => transaction.objectStore(name).clear()), transaction.done]);
  }
}

function describeTask({
  name,
  title,
  metric,
  formats,
  shifts,
  chance,
  licence,
}: (typeof tasks)[keyof typeof tasks]): TaskInfo {
  return { name, title, metric, formats, shifts, chance, licence };
}
