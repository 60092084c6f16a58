/** An engine that outlives its worker: the same subscriptions and the same object, whichever worker is behind it. */
import { connectEngine } from './client.ts';
import type { EngineConnection } from './client.ts';
import type { Engine, EngineEvent, Method, Params, Results } from './protocol.ts';

export class RestartableEngine implements Engine {
  private readonly listeners = new Set<(event: EngineEvent) => void>();
  private connection: EngineConnection;

  /**
   * Starts the first worker. When a worker dies by itself, `onDeath` is told; requests then reject until `restart`.
   */
  constructor(
    private readonly createWorker: () => Worker,
    private readonly onDeath: (error: Error) => void,
  ) {
    this.connection = this.connect();
  }

  request<M extends Method>(method: M, params: Params<M>): Promise<Results[M]> {
    return this.connection.request(method, params);
  }

  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Terminate the worker at once and start another. Runs stop where they are and resume from their last checkpoint
   * when they are started again; requests under way reject with `reason`.
   */
  restart(reason: string): void {
    this.connection.close(reason);
    this.connection = this.connect();
  }

  /** Terminate the worker for good. */
  close(reason: string): void {
    this.connection.close(reason);
  }

  private connect(): EngineConnection {
    const connection = connectEngine(this.createWorker(), this.onDeath);
    connection.subscribe((event) => {
      for (const listener of [...this.listeners]) listener(event);
    });
    return connection;
  }
}
