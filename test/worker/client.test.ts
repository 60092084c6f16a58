/** The worker client against a worker made of a real message channel: structured clone, transfer, death, restart. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectEngine, EngineStoppedError } from '../../src/worker/client.ts';
import { RestartableEngine } from '../../src/worker/restartable-engine.ts';
import type { EngineEvent, Request } from '../../src/worker/protocol.ts';

type Answer = (request: Request, port: MessagePort) => void;

/** A worker whose far end is a port: what crosses is cloned or transferred exactly as in a browser. */
class PortWorker extends EventTarget {
  terminations = 0;
  private readonly near: MessagePort;
  readonly far: MessagePort;

  constructor(answer: Answer) {
    super();
    const { port1, port2 } = new MessageChannel();
    this.near = port1;
    this.far = port2;
    port1.on('message', (data: unknown) => this.dispatchEvent(new MessageEvent('message', { data })));
    port2.on('message', (request: Request) => answer(request, port2));
    opened.push(this);
  }

  postMessage(message: unknown, transfer: ArrayBuffer[] = []): void {
    this.near.postMessage(message, transfer);
  }

  terminate(): void {
    this.terminations++;
    this.near.close();
  }

  fail(message: string): void {
    this.dispatchEvent(Object.assign(new Event('error', { cancelable: true }), { message }));
  }
}

const opened: PortWorker[] = [];
afterEach(() => {
  for (const worker of opened.splice(0)) worker.terminate();
});

function worker(answer: Answer): PortWorker & Worker {
  return new PortWorker(answer) as unknown as PortWorker & Worker;
}

const silent: Answer = () => {};

describe('connectEngine', () => {
  it('gives every caller its own answer when answers come in another order', async () => {
    const waiting: Request[] = [];
    const engine = connectEngine(
      worker((request, port) => {
        waiting.push(request);
        if (waiting.length < 3) return;
        for (const { id, params } of waiting.reverse())
          port.postMessage({ id, result: { echo: (params as { run: string }).run } });
      }),
    );
    const answers = await Promise.all(['a', 'b', 'c'].map((run) => engine.request('runs.get', { run })));
    expect(answers).toEqual([{ echo: 'a' }, { echo: 'b' }, { echo: 'c' }]);
  });

  it('rejects with the name and the message the engine gave', async () => {
    const engine = connectEngine(
      worker(({ id }, port) =>
        port.postMessage({ id, error: { name: 'RangeError', message: 'plan: got 9 GB, expected 4 GB' } }),
      ),
    );
    await expect(engine.request('runs.list', {})).rejects.toMatchObject({
      name: 'RangeError',
      message: 'plan: got 9 GB, expected 4 GB',
    });
  });

  it('refuses parameters outside the schema without sending them, and names the field', async () => {
    const answer = vi.fn(silent);
    const engine = connectEngine(worker(answer));
    await expect(engine.request('runs.get', { run: '' })).rejects.toThrow(/^runs\.get: run: /);
    const spec = { kind: 'pretrain', stepz: 3 } as never;
    await expect(engine.request('runs.start', { spec })).rejects.toThrow(/stepz/);
    expect(answer).not.toHaveBeenCalled();
  });

  it('moves a file into the worker instead of copying it', async () => {
    const engine = connectEngine(
      worker(({ id, params }, port) =>
        port.postMessage({ id, result: { bytes: (params as { bytes: ArrayBuffer }).bytes.byteLength } }),
      ),
    );
    const bytes = new ArrayBuffer(1000);
    await expect(engine.request('datasets.addFile', { name: 'a.txt', bytes })).resolves.toEqual({
      bytes: 1000,
    });
    expect(bytes.byteLength).toBe(0);
  });

  it('passes events on until the listener leaves', async () => {
    const source = worker(silent);
    const engine = connectEngine(source);
    const seen: EngineEvent[] = [];
    const event: EngineEvent = { type: 'device', state: 'lost', message: 'the driver restarted' };
    const unsubscribe = engine.subscribe((each) => seen.push(each));
    source.far.postMessage({ event });
    await vi.waitFor(() => expect(seen).toEqual([event]));
    unsubscribe();
    source.far.postMessage({ event });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(seen).toHaveLength(1);
  });

  it('rejects everything under way and everything after when the worker dies', async () => {
    const source = worker(silent);
    const onDeath = vi.fn();
    const engine = connectEngine(source, onDeath);
    const asked = [engine.request('runs.list', {}), engine.request('engine.info', {})];
    source.fail('out of memory');
    for (const request of asked) await expect(request).rejects.toThrow(/engine stopped: out of memory/);
    await expect(engine.request('runs.list', {})).rejects.toBeInstanceOf(EngineStoppedError);
    expect(source.terminations).toBe(1);
    source.fail('again');
    expect(onDeath).toHaveBeenCalledOnce();
  });

  it('says so when a worker script cannot be loaded at all', async () => {
    const source = worker(silent);
    const engine = connectEngine(source);
    const asked = engine.request('engine.start', {});
    source.fail('');
    await expect(asked).rejects.toThrow(/script could not be loaded; reload the page/);
  });

  it('ignores answers to questions nobody asked', async () => {
    const source = worker(({ id }, port) => {
      port.postMessage({ id: 999, result: 'stray' });
      port.postMessage({ id, result: 'right' });
      port.postMessage({ id, result: 'twice' });
    });
    await expect(connectEngine(source).request('runs.list', {})).resolves.toBe('right');
  });
});

describe('RestartableEngine', () => {
  it('keeps its listeners and answers from the new worker after a restart', async () => {
    const workers: PortWorker[] = [];
    const engine = new RestartableEngine(() => {
      const number = workers.length;
      const made = worker(({ id, method }, port) => {
        if (method === 'engine.info') port.postMessage({ id, result: number });
      });
      workers.push(made);
      return made;
    }, vi.fn());
    const seen: EngineEvent[] = [];
    engine.subscribe((event) => seen.push(event));
    await expect(engine.request('engine.info', {})).resolves.toBe(0);
    const hanging = engine.request('runs.list', {});
    engine.restart('the person asked for it');
    await expect(hanging).rejects.toThrow(/the person asked for it/);
    await expect(engine.request('engine.info', {})).resolves.toBe(1);
    workers[1]!.far.postMessage({ event: { type: 'device', state: 'ready', message: '' } });
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    expect(workers[0]!.terminations).toBe(1);
  });
});
