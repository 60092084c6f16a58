/** The page's side of the notebook frame: hands over the port, checks what comes, forwards what is allowed. */
import type { Engine, EngineEvent } from '../worker/protocol.ts';
import {
  answerSchemas,
  frameMessageSchema,
  PORT_MESSAGE,
  type Answers,
  type FigureFile,
  type FrameMessage,
  type KeyPress,
  type PageMessage,
  type Question,
} from './frame-protocol.ts';
import { FramePulse } from './frame-pulse.ts';
import { FrameRequests } from './frame-requests.ts';

export interface FrameListener {
  /** The text of a notebook is another one now: `key` says which, as an old one's last text comes after `open`. */
  onSource(source: string, key: string): void;
  /** Whether any cell runs. */
  onRunning(running: boolean): void;
  /** A key that the notebook has no use for. */
  onKey(press: KeyPress): void;
  /** A file that a cell or a figure gives to the person. */
  onFile(name: string, blob: Blob): void;
  /** Files are held over the notebook. */
  onDrag(): void;
  /** Files dropped onto the notebook, with their paths in what was dropped. */
  onDrop(files: readonly { readonly path: string; readonly file: File }[]): void;
  /** Whether the frame has stopped answering, as in a loop that never ends; `restart` helps. */
  onUnresponsive?(unresponsive: boolean): void;
}
export interface OpenOptions {
  /** The page's name for the notebook. */
  readonly key: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly profile: 'quick' | 'full' | null;
  readonly readOnly: boolean;
}

/** Long enough for a browser to end the process of a frame that is gone. */
const OFF_PAGE_MS = 1000;

/** What the notebook hears of the engine. */
const frameEvents: ReadonlySet<EngineEvent['type']> = new Set(['progress', 'rows', 'generation']);

interface Asked {
  readonly question: Question;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export class FrameHost {
  #port: MessagePort | null = null;
  /** Called when the frame's document is ready to be spoken to; null when it is. */
  #waiting: (() => void)[] | null = [];
  #opened: Extract<PageMessage, { type: 'open' }> | null = null;
  #dark = false;
  #nextId = 0;
  readonly #asked = new Map<number, Asked>();
  readonly #requests: FrameRequests;
  readonly #pulse: FramePulse;
  readonly #leave: () => void;

  /** @param iframe an element with `sandbox="allow-scripts"` whose `src` is the frame's page. */
  constructor(
    private readonly iframe: HTMLIFrameElement,
    engine: Engine,
    private readonly listener: FrameListener,
  ) {
    this.#requests = new FrameRequests(engine);
    this.#pulse = new FramePulse({
      ping: () => this.#send({ type: 'ping', id: ++this.#nextId }),
      onUnresponsive: (unresponsive) => listener.onUnresponsive?.(unresponsive),
      onDead: () => this.restart(),
    });
    this.#leave = engine.subscribe((event) => this.#forward(event));
    iframe.addEventListener('load', this.#onLoad);
  }

  /** Shows a notebook; nothing in it is run. Resolves when the frame has it. */
  async open(source: string, { key, settings, profile, readOnly }: OpenOptions): Promise<void> {
    this.#requests.forgetRuns();
    this.#opened = { type: 'open', key, source, settings: { profile, values: settings }, readOnly };
    if (this.#waiting === null) this.#send(this.#opened);
    await this.#whenReady();
  }

  /** Runs every cell; resolves with how each ended. */
  /** Ids of the runs that the open notebook has asked for. */
  get startedRuns(): readonly string[] {
    return this.#requests.startedRuns;
  }

  runAll(): Promise<Answers['runAll']> {
    return this.#ask('runAll');
  }

  figures(): Promise<readonly FigureFile[]> {
    return this.#ask('figures');
  }

  /** The notebook with its outputs as one HTML document. */
  report(): Promise<string> {
    return this.#ask('report');
  }

  /** Stops what runs; a frame that does not even hear this is restarted. */
  stop(): void {
    this.#send({ type: 'stop' });
    if (this.#waiting === null) this.#pulse.expectStop();
  }

  /** Scrolls to a cell and focuses it. */
  reveal(cell: number): void {
    this.iframe.focus();
    this.#send({ type: 'reveal', cell });
  }

  /** Puts a code cell at the end, shows it and runs it. */
  async append(source: string): Promise<void> {
    await this.#whenReady();
    this.iframe.focus();
    this.#send({ type: 'append', source });
  }

  setTheme(dark: boolean): void {
    this.#dark = dark;
    this.#send({ type: 'theme', dark });
  }

  /**
   * Kills the frame and loads it again with the notebook's last source; values of cells are lost, runs are not.
   * A frame that never yields holds its process; only one that is off the page for a while loses it.
   */
  restart(): void {
    this.#disconnect('was restarted; run the cells again, finished runs are kept');
    const place = document.createComment('');
    this.iframe.replaceWith(place);
    setTimeout(() => place.replaceWith(this.iframe), OFF_PAGE_MS);
  }

  dispose(): void {
    this.iframe.removeEventListener('load', this.#onLoad);
    this.#leave();
    this.#disconnect('was closed');
  }

  /** Every document in the frame gets a port of its own; the one before loses its. */
  readonly #onLoad = (): void => {
    this.#disconnect('was loaded again; run the cells again, finished runs are kept');
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<unknown>) => this.#receive(port1, data);
    this.#port = port1;
    // A sandboxed frame's origin is opaque: no address can name it, so any must do. Only the frame has this window.
    this.iframe.contentWindow?.postMessage(PORT_MESSAGE, '*', [port2]);
  };

  #disconnect(what: string): void {
    this.#port?.close();
    this.#port = null;
    this.#waiting ??= [];
    this.#pulse.stop();
    for (const { reject } of this.#asked.values()) reject(new Error(`notebook: the frame ${what}`));
    this.#asked.clear();
    this.listener.onRunning(false);
  }

  #send(message: PageMessage): void {
    this.#port?.postMessage(message);
  }

  #whenReady(): Promise<void> {
    return new Promise((resolve) => (this.#waiting === null ? resolve() : this.#waiting.push(resolve)));
  }

  async #ask<Q extends Question>(question: Q): Promise<Answers[Q]> {
    await this.#whenReady();
    const id = ++this.#nextId;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { question, resolve, reject });
      this.#send({ type: 'ask', id, question });
    });
  }

  #receive(port: MessagePort, data: unknown): void {
    if (port !== this.#port) return;
    const message = frameMessageSchema.safeParse(data);
    // What is no message is dropped: answering would only teach code that should not be talking to us.
    if (!message.success) return;
    this.#pulse.hear();
    this.#handle(port, message.data);
  }

  #handle(port: MessagePort, message: FrameMessage): void {
    const { listener } = this;
    switch (message.type) {
      case 'ready':
        return this.#begin();
      case 'request':
        return void this.#requests.serve(message.id, message.method, message.params).then((reply) => {
          if (port === this.#port) this.#send(reply);
        });
      case 'source':
        if (this.#opened?.key === message.key) this.#opened = { ...this.#opened, source: message.source };
        return listener.onSource(message.source, message.key);
      case 'running':
        return listener.onRunning(message.running);
      case 'key':
        return listener.onKey(message.press);
      case 'file':
        return listener.onFile(message.name, new Blob([message.bytes], { type: message.mime }));
      case 'drag':
        return listener.onDrag();
      case 'drop':
        return listener.onDrop(message.files);
      case 'answer':
        return this.#answer(message.id, message.result);
      case 'failure':
        return this.#take(message.id)?.reject(
          Object.assign(new Error(message.error.message), { name: message.error.name }),
        );
      case 'pong':
        return;
    }
  }

  #begin(): void {
    this.#send({ type: 'theme', dark: this.#dark });
    if (this.#opened !== null) this.#send(this.#opened);
    this.#pulse.start();
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const resolve of waiting) resolve();
  }

  #take(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #answer(id: number, result: unknown): void {
    const asked = this.#take(id);
    if (asked === undefined) return;
    const checked = answerSchemas[asked.question].safeParse(result);
    if (checked.success) asked.resolve(checked.data as never);
    else
      asked.reject(
        new TypeError(
          `notebook: ${asked.question}: the frame's answer is malformed, expected what the protocol says`,
        ),
      );
  }

  /** Runs, rows and texts are the notebook's business; storage and devices are the page's. */
  #forward(event: EngineEvent): void {
    if (this.#waiting === null && frameEvents.has(event.type)) this.#send({ type: 'event', event });
  }
}
