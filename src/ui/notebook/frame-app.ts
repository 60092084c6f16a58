/** The notebook frame's application: shows what the page opens, tells it what changes, answers what it asks. */
import type { Builtins, DownloadFile } from '../../notebook/builtins.ts';
import { deserialize } from '../../notebook/format.ts';
import type { FrameLink } from '../../notebook/frame-link.ts';
import type { PageMessage } from '../../notebook/frame-protocol.ts';
import { NotebookSession } from '../../notebook/notebook-session.ts';
import { AmuroNotebook } from './amuro-notebook.ts';
import { collectFigures } from './collect-figures.ts';
import { renderReport } from './render-report.ts';

type Open = Extract<PageMessage, { type: 'open' }>;

/** Keys that a browser or an editor needs are not the page's business; shortcuts have one of these. */
const isShortcut = ({ ctrlKey, metaKey, altKey, key }: KeyboardEvent): boolean =>
  !/^(Control|Meta|Alt|Shift)$/.test(key) && (ctrlKey || metaKey || altKey || /^F\d+$/.test(key));

export class FrameApp {
  readonly #notebook = new AmuroNotebook();
  #session: NotebookSession | null = null;

  constructor(
    private readonly link: FrameLink,
    private readonly builtins: Builtins,
  ) {}

  start(root: HTMLElement): void {
    root.append(this.#notebook);
    root.addEventListener('keydown', (event) => this.#onKey(event));
    root.addEventListener('dragenter', (event) => this.#onDrag(event));
    root.addEventListener('dragover', (event) => event.preventDefault());
    root.addEventListener('drop', (event) => this.#onDrop(event));
    root.addEventListener('file-export', (event) => {
      event.preventDefault(); // the sandbox allows no downloads: the page gives the file
      void this.#giveBlob(event.detail.name, event.detail.blob);
    });
    this.link.start({
      tell: (message) => this.#hear(message),
      answers: {
        runAll: () => this.#required.runAll(),
        figures: () => collectFigures(this.#required),
        report: () => Promise.resolve(renderReport(this.#required)),
      },
    });
  }

  get #required(): NotebookSession {
    if (this.#session === null)
      throw new Error('notebook: none is open, expected one; choose it on the left');
    return this.#session;
  }

  #hear(message: Extract<PageMessage, { type: 'open' | 'theme' | 'stop' | 'reveal' | 'append' }>): void {
    switch (message.type) {
      case 'open':
        return this.#open(message);
      case 'theme':
        document.documentElement.dataset['theme'] = message.dark ? 'dark' : 'light';
        return;
      case 'stop':
        return this.#session?.stop();
      case 'reveal':
        return this.#notebook.reveal(message.cell);
      case 'append':
        return this.#append(message.source);
    }
  }

  #open({ key, source, settings, readOnly }: Open): void {
    this.#session?.close();
    const session: NotebookSession = new NotebookSession(deserialize(source), {
      builtins: this.builtins,
      engine: this.link.engine,
      profile: settings.profile,
      values: settings.values,
      readOnly,
      onSource: (changed) => this.link.send({ type: 'source', key, source: changed }),
      onRunning: (running) => this.link.send({ type: 'running', running }),
      onDownload: (file) => this.#give(file),
      onChange: (id) => {
        if (this.#session !== session) return;
        if (id === undefined) this.#notebook.requestUpdate();
        else this.#notebook.redrawCell(id);
      },
    });
    this.#session = session;
    this.#notebook.session = session;
    document.title = session.document.notebook.title;
    scrollTo(0, 0);
  }

  #append(source: string): void {
    const session = this.#required;
    if (session.readOnly) return;
    const id = session.document.insert(session.document.cells.length, 'js', source);
    this.#notebook.reveal(id);
    void session.run(id);
  }

  #give({ name, type, bytes }: DownloadFile): void {
    const copy = bytes.slice().buffer;
    this.link.send({ type: 'file', name: name.slice(0, 200), mime: type, bytes: copy }, [copy]);
  }

  async #giveBlob(name: string, blob: Blob): Promise<void> {
    this.#give({ name, type: blob.type, bytes: new Uint8Array(await blob.arrayBuffer()) });
  }

  #onDrag({ dataTransfer }: DragEvent): void {
    if (dataTransfer?.types.includes('Files')) this.link.send({ type: 'drag' });
  }

  /** A drop that was faster than the page, which covers the frame while files are held over it. */
  #onDrop(event: DragEvent): void {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    // The files themselves, not their bytes: a model has gigabytes.
    const files = [...event.dataTransfer.files].map((file) => ({ path: file.name, file }));
    this.link.send({ type: 'drop', files });
  }

  #onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || !isShortcut(event)) return;
    const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
    this.link.send({ type: 'key', press: { key: key.slice(0, 40), ctrlKey, metaKey, shiftKey, altKey } });
  }
}
