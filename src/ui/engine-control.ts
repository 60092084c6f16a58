/** Starts the engine, follows its state, restarts it on request, and asks for storage that stays once training begins. */
import type { EngineInfo, EngineEvent, StorageEstimate } from '../worker/protocol.ts';
import { RestartableEngine } from '../worker/restartable-engine.ts';
import { afterDeviceEvent } from './engine-status.ts';
import type { EngineStatus } from './engine-status.ts';
import { Store } from './store.ts';

export class EngineControl {
  readonly engine: RestartableEngine;
  readonly status = new Store<EngineStatus>({ state: 'starting' });
  readonly storage = new Store<StorageEstimate | null>(null);
  private askedToPersist = false;

  constructor(createWorker: () => Worker) {
    this.engine = new RestartableEngine(createWorker, (error) =>
      this.status.set({ state: 'stopped', message: error.message }),
    );
    this.engine.subscribe((event) => this.receive(event));
  }

  /** Ask for a GPU. The outcome, good or bad, is in `status`; this never rejects. */
  async start(): Promise<void> {
    this.status.set({ state: 'starting' });
    try {
      this.status.set({ state: 'ready', info: await this.engine.request('engine.start', {}) });
    } catch (error) {
      // A worker that died has said so already, in better words.
      if (this.status.value.state !== 'stopped')
        this.status.set({ state: 'unavailable', message: messageOf(error) });
    }
  }

  /** Another worker and another device; runs resume from their last checkpoint when they are started again. */
  async restart(reason: string): Promise<void> {
    this.engine.restart(reason);
    await this.start();
  }

  async refreshStorage(): Promise<void> {
    this.storage.set(await this.engine.request('storage.estimate', {}));
  }

  /**
   * Ask the browser never to evict what is kept. Asked from the page: workers have no `persist`.
   * @returns whether the browser agreed.
   */
  async persist(): Promise<boolean> {
    this.askedToPersist = true;
    const persisted = (await navigator.storage?.persist?.()) ?? false;
    await this.refreshStorage();
    return persisted;
  }

  /** Information of the device in use, null while there is none. */
  get info(): EngineInfo | null {
    const status = this.status.value;
    return status.state === 'ready' || status.state === 'recovered' ? status.info : null;
  }

  private receive(event: EngineEvent): void {
    if (event.type === 'device') this.status.set(afterDeviceEvent(this.status.value, event));
    if (event.type === 'storage') this.storage.set(event.estimate);
    // The first training is the moment when losing the storage would begin to hurt.
    if (event.type === 'progress' && event.progress.status === 'running' && !this.askedToPersist)
      void this.persist().catch(() => false);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
