/** The engine worker as the page holds it: requests by id, validated before they leave; events; clear words when it dies. */
import type { z } from 'zod';
import { requestSchemas } from './protocol.ts';
import type { Engine, EngineEvent, EngineMessage, Method, Params, Results } from './protocol.ts';

/** The worker ended before it answered. Finished work is in storage; the caller may restart the engine. */
export class EngineStoppedError extends Error {
  override readonly name = 'EngineStoppedError';
}

/** An engine behind one worker. `close` ends that worker at once, whatever it is doing. */
export interface EngineConnection extends Engine {
  /** Terminate the worker; every request under way rejects with an `EngineStoppedError` naming the reason. */
  close(reason: string): void;
}

interface Pending {
  readonly method: Method;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Speak the protocol with a worker.
 *
 * `onDeath` is called once when the worker fails by itself (its script does not load, an error escapes it, or it
 * sends what cannot be read). Such a worker is terminated: what it still holds in memory cannot be trusted.
 */
export function connectEngine(worker: Worker, onDeath: (error: Error) => void = () => {}): EngineConnection {
  return new WorkerConnection(worker, onDeath);
}

class WorkerConnection implements EngineConnection {
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Set<(event: EngineEvent) => void>();
  private nextId = 1;
  private closed: string | null = null;

  constructor(
    private readonly worker: Worker,
    private readonly onDeath: (error: Error) => void,
  ) {
    worker.addEventListener('message', (event: MessageEvent<EngineMessage>) => this.receive(event.data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.die(event.message || 'its script could not be loaded; reload the page');
    });
    worker.addEventListener('messageerror', () => this.die('it sent a message that cannot be read'));
  }

  request<M extends Method>(method: M, params: Params<M>): Promise<Results[M]> {
    if (this.closed !== null) return Promise.reject(stopped(method, this.closed));
    const checked = requestSchemas[method].safeParse(params);
    if (!checked.success) return Promise.reject(new TypeError(describeIssues(method, checked.error)));
    return new Promise<Results[M]>((resolve, reject) => {
      const id = this.nextId++;
      this.pending.set(id, { method, resolve: (result) => resolve(result as Results[M]), reject });
      try {
        this.worker.postMessage({ id, method, params: checked.data }, transferables(checked.data));
      } catch (error) {
        this.pending.delete(id);
        reject(new TypeError(`${method}: parameters cannot be sent: ${String(error)}, expected plain data`));
      }
    });
  }

  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(reason: string): void {
    if (this.closed !== null) return;
    this.closed = reason;
    this.worker.terminate();
    for (const { method, reject } of this.pending.values()) reject(stopped(method, reason));
    this.pending.clear();
  }

  private receive(message: EngineMessage): void {
    if (this.closed !== null) return;
    if ('event' in message) {
      for (const listener of [...this.listeners]) listener(message.event);
      return;
    }
    const waiting = this.pending.get(message.id);
    if (!waiting) return; // answered twice: only the first answer counts
    this.pending.delete(message.id);
    if ('error' in message) waiting.reject(rebuildError(message.error));
    else waiting.resolve(message.result);
  }

  private die(reason: string): void {
    if (this.closed !== null) return;
    this.close(reason);
    this.onDeath(stopped('engine', reason));
  }
}

/** Buffers move into the worker instead of being copied: a dropped file may be hundreds of megabytes. */
function transferables(params: object): ArrayBuffer[] {
  return Object.values(params).filter((value) => value instanceof ArrayBuffer);
}

function stopped(what: string, reason: string): EngineStoppedError {
  return new EngineStoppedError(
    `${what}: the engine stopped: ${reason}. Finished work is kept; restart the engine and run the cell again`,
  );
}

function describeIssues(method: string, error: z.ZodError): string {
  const lines = error.issues.map((issue) => `${issue.path.join('.') || 'parameters'}: ${issue.message}`);
  return `${method}: ${lines.join('; ')}`;
}

/** An error of the same name and message: a caller may tell a `RangeError` from a `TypeError` by its name. */
function rebuildError({ name, message }: { readonly name: string; readonly message: string }): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
