/** The frame's side of the port: the engine as its cells see it, and what the page tells and asks. */
import type { Engine, EngineEvent, Method, Params, Results } from '../worker/protocol.ts';
import type { FrameMessage, PageMessage, PORT_MESSAGE, Answers, Question } from './frame-protocol.ts';

type Told = Extract<PageMessage, { type: 'open' | 'theme' | 'stop' | 'reveal' | 'append' }>;

export interface FrameHandlers {
  tell(message: Told): void;
  readonly answers: { readonly [Q in Question]: () => Promise<Answers[Q]> };
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** The port that the page hands over, from the first message that carries one. */
export function receivePort(name: typeof PORT_MESSAGE): Promise<MessagePort> {
  return new Promise((resolve) => {
    const listen = ({ data, source, ports }: MessageEvent<unknown>): void => {
      if (source !== window.parent || data !== name || ports[0] === undefined) return;
      removeEventListener('message', listen);
      resolve(ports[0]);
    };
    addEventListener('message', listen);
  });
}

export class FrameLink {
  readonly engine: Engine;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  #nextId = 0;

  constructor(private readonly port: MessagePort) {
    this.engine = {
      request: (method, params) => this.#request(method, params),
      subscribe: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  /** From here on the page is heard; it is told that it may speak. */
  start(handlers: FrameHandlers): void {
    this.port.onmessage = ({ data }: MessageEvent<PageMessage>) => this.#receive(data, handlers);
    this.send({ type: 'ready' });
  }

  send(message: FrameMessage, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }

  #request<M extends Method>(method: M, params: Params<M>): Promise<Results[M]> {
    const id = ++this.#nextId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // The page refuses methods that are not the frame's, and says so.
      this.port.postMessage({ type: 'request', id, method, params });
    });
  }

  #receive(message: PageMessage, handlers: FrameHandlers): void {
    switch (message.type) {
      case 'reply':
        return this.#settle(message);
      case 'event':
        for (const listener of [...this.#listeners]) listener(message.event);
        return;
      case 'ask':
        return void this.#reply(message.id, handlers.answers[message.question]);
      case 'ping':
        return this.send({ type: 'pong', id: message.id });
      case 'open':
      case 'theme':
      case 'stop':
      case 'reveal':
      case 'append':
        return handlers.tell(message);
    }
  }

  #settle(reply: Extract<PageMessage, { type: 'reply' }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply)
      waiting?.reject(Object.assign(new Error(reply.error.message), { name: reply.error.name }));
    else waiting?.resolve(reply.result as never);
  }

  async #reply(id: number, answer: () => Promise<unknown>): Promise<void> {
    try {
      this.send({ type: 'answer', id, result: await answer() });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      this.send({ type: 'failure', id, error: { name, message } });
    }
  }
}
