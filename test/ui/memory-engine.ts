/** An engine in memory for tests of the page: notebooks and runs in maps, events by hand. */
import type { RunRecord } from '../../src/experiments/run.ts';
import type {
  Engine,
  EngineEvent,
  Method,
  NotebookInfo,
  Params,
  Results,
} from '../../src/worker/protocol.ts';

type Kept = NotebookInfo & { readonly source: string };

export class MemoryEngine implements Engine {
  readonly asked: { readonly method: Method; readonly params: unknown }[] = [];
  readonly notebooks = new Map<string, Kept>();
  records: readonly RunRecord[] = [];
  private readonly listeners = new Set<(event: EngineEvent) => void>();

  request<M extends Method>(method: M, params: Params<M>): Promise<Results[M]> {
    this.asked.push({ method, params });
    return Promise.resolve().then(() => this.answer(method, params as never) as Results[M]);
  }

  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(event: EngineEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private answer(
    method: string,
    params: { id: string; title: string; source: string; run: string },
  ): unknown {
    switch (method) {
      case 'notebooks.list':
        return [...this.notebooks.values()];
      case 'notebooks.get':
        return this.notebooks.get(params.id) ?? null;
      case 'notebooks.put':
        this.notebooks.set(params.id, { ...params, updatedAt: this.asked.length });
        return this.notebooks.get(params.id);
      case 'notebooks.remove':
        this.notebooks.delete(params.id);
        return null;
      case 'storage.estimate':
        return { usage: 0, quota: 0, persisted: false, shards: 0 };
      case 'runs.list':
        return this.records;
      case 'runs.get':
        return this.records.find((record) => record.id === params.run) ?? null;
      default:
        throw new Error(`${method}: not kept in memory`);
    }
  }
}
