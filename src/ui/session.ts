/** The page's controller: engine, notebooks, runs and the open notebook, joined. Elements show its stores and call it. */
import type { Engine } from '../worker/protocol.ts';
import { deserialize, serialize } from '../notebook/format.ts';
import { Autosave } from './autosave.ts';
import { download } from './download.ts';
import { EngineControl } from './engine-control.ts';
import { hashOfNotebook, notebookOfHash } from './launch.ts';
import type { Launch } from './launch.ts';
import { NotebookShelf } from './notebook-shelf.ts';
import type { NotebookView, NotebookViewListener } from './notebook-view.ts';
import { Notices } from './notices.ts';
import { outlineOf } from './outline.ts';
import type { OutlineEntry } from './outline.ts';
import { gateHub } from './gated-engine.ts';
import type { ImportSpec } from '../experiments/spec.ts';
import { HubConsent } from './hub-consent.ts';
import { importCode } from './import-choice.ts';
import { readOnly } from './read-only-engine.ts';
import { RunBook } from './run-book.ts';
import type { RunAction } from './run-view.ts';
import { Store } from './store.ts';
import type { TabClaim } from './tab-claim.ts';

const LAST_NOTEBOOK = 'amuro-last-notebook';

export interface OpenNotebook {
  readonly id: string;
  readonly title: string;
  readonly source: string;
}

export interface SessionOptions {
  readonly createWorker: () => Worker;
  readonly bundled: ReadonlyMap<string, string>;
  readonly launch: Launch;
  readonly claim: TabClaim;
}

export class Session {
  readonly control: EngineControl;
  /** The engine as this tab may use it: a second tab only reads. */
  readonly engine: Engine;
  /** The engine as a notebook's code may use it: hubs are asked only with the person's consent. */
  readonly notebookEngine: Engine;
  readonly consent = new HubConsent(localStorage);
  readonly shelf: NotebookShelf;
  readonly runs: RunBook;
  readonly autosave: Autosave;
  readonly notices = new Notices();
  readonly open = new Store<OpenNotebook | null>(null);
  readonly outline = new Store<readonly OutlineEntry[]>([]);
  /** Whether cells of the open notebook run. */
  readonly running = new Store(false);
  /** Whether the notebook's frame has stopped answering, as in a loop that never ends. */
  readonly unresponsive = new Store(false);
  /** Keys that the notebook frame has passed on; the app gives them to its commands. */
  onKey: NotebookViewListener['onKey'] = () => {};
  onDrag: NotebookViewListener['onDrag'] = () => {};
  onDrop: NotebookViewListener['onDrop'] = () => {};
  private view: NotebookView | null = null;

  constructor(private readonly options: SessionOptions) {
    this.control = new EngineControl(options.createWorker);
    this.engine = this.readOnly ? readOnly(this.control.engine) : this.control.engine;
    this.notebookEngine = gateHub(this.engine, this.consent);
    this.shelf = new NotebookShelf(this.engine, options.bundled);
    this.runs = new RunBook(this.engine);
    this.autosave = new Autosave(({ id, title, source }) => this.shelf.put(id, title, source));
    this.engine.subscribe((event) => {
      // What a run has kept is not known before it ends.
      if (event.type === 'progress' && event.progress.status === 'finished')
        void this.control.refreshStorage().catch(() => undefined);
    });
    addEventListener('hashchange', () => this.followHash());
    addEventListener('pagehide', () => void this.autosave.flush());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') void this.autosave.flush();
    });
  }

  get readOnly(): boolean {
    return !this.options.claim.held;
  }

  /** Resolves when the tab that may write is gone and this one can take over by a reload. */
  get turn(): Promise<void> {
    return this.options.claim.turn;
  }

  /** The frame that shows the notebook; given once, before `start`. */
  attach(connect: (listener: NotebookViewListener) => NotebookView): void {
    this.view = connect({
      onSource: (source, key) => this.noteSource(key, source),
      onRunning: (running) => this.running.set(running),
      onKey: (press) => this.onKey(press),
      onFile: (name, blob) => download(name, blob),
      onDrag: () => this.onDrag(),
      onDrop: (files) => this.onDrop(files),
      onUnresponsive: (unresponsive) => this.unresponsive.set(unresponsive),
    });
  }

  /** Start the engine (not in a reading tab), list what is kept, and open the notebook the address or memory names. */
  async start(): Promise<void> {
    const engineStarts = this.readOnly ? Promise.resolve() : this.control.start();
    await this.attempt(() => this.refresh());
    const { launch } = this.options;
    const ids = this.shelf.entries.value.map((entry) => entry.id);
    const last = localStorage.getItem(LAST_NOTEBOOK);
    const wanted = launch.notebook ?? (last !== null && ids.includes(last) ? last : ids[0]);
    if (wanted !== undefined) await this.openNotebook(wanted);
    else if (!this.readOnly) await this.openNotebook(await this.shelf.create());
    await engineStarts;
  }

  /** Read notebooks, runs and storage again, as after a restart of the engine. */
  async refresh(): Promise<void> {
    await Promise.all([this.shelf.refresh(), this.runs.refresh(), this.control.refreshStorage()]);
  }

  async restartEngine(reason: string): Promise<void> {
    await this.control.restart(reason);
    await this.attempt(() => this.refresh());
  }

  /** Open a notebook and remember it; nothing in it runs. */
  async openNotebook(id: string): Promise<void> {
    await this.autosave.flush();
    this.consent.withdrawAll();
    const source = await this.shelf.read(id);
    const notebook = deserialize(source);
    this.open.set({ id, title: notebook.title, source });
    this.outline.set(outlineOf(notebook));
    localStorage.setItem(LAST_NOTEBOOK, id);
    if (notebookOfHash(location.hash) !== id) history.replaceState(null, '', hashOfNotebook(id));
    const { profile, settings } = this.options.launch;
    await this.view?.open(source, { key: id, profile, settings, readOnly: this.readOnly });
  }

  /** Give the open notebook another title; other notebooks are renamed on the shelf. */
  async rename(id: string, title: string): Promise<void> {
    const open = this.open.value;
    if (open?.id !== id) return this.shelf.rename(id, title);
    const source = serialize({ ...deserialize(open.source), title });
    await this.shelf.put(id, title, source);
    await this.openNotebook(id);
  }

  /** Remove a kept notebook and offer to undo it; if it was open, the bundled text or the first notebook opens. */
  async removeNotebook(id: string): Promise<void> {
    const entry = this.shelf.entries.value.find((each) => each.id === id);
    this.autosave.forget(id);
    const undo = await this.shelf.remove(id);
    const reopen = async (): Promise<void> => {
      await undo();
      await this.openNotebook(id);
    };
    const text = entry?.bundled ? `${entry.title}: restored as it came` : `${entry?.title ?? id}: deleted`;
    this.notices.note(text, { name: 'Undo', run: () => void this.attempt(reopen) });
    if (this.open.value?.id !== id) return;
    const next = this.shelf.entries.value.find((each) => each.id === id) ?? this.shelf.entries.value[0];
    await this.openNotebook(next?.id ?? (await this.shelf.create()));
  }

  /** Downloads what the person has chosen by hand: the run begins, and a cell of the open notebook says so as code. */
  async importModel(spec: ImportSpec): Promise<void> {
    this.consent.allow(spec.hub, spec.repository);
    await this.engine.request('runs.start', { spec });
    await this.showImport(spec);
  }

  /** Puts an import that was started outside the notebook into it, as a cell that says the same as code. */
  async showImport(spec: ImportSpec): Promise<void> {
    const open = this.open.value;
    if (!open) return;
    const { cells } = deserialize(open.source);
    const taken = (name: string): boolean =>
      cells.some(({ source }) => new RegExp(`\\b(?:const|let|var|function)\\s+${name}\\b`).test(source));
    await this.view?.append(importCode(spec, taken));
  }

  async actOnRun(run: string, action: RunAction): Promise<void> {
    await this.engine.request(`runs.${action}`, { run });
    if (action === 'remove') await Promise.all([this.runs.refresh(), this.control.refreshStorage()]);
  }

  runAll(): ReturnType<NotebookView['runAll']> {
    if (!this.view || !this.open.value)
      throw new Error('run all: no notebook is open, expected one; choose it on the left');
    return this.view.runAll();
  }

  stop(): void {
    this.view?.stop();
  }

  get notebookView(): NotebookView | null {
    return this.view;
  }

  /** Do something that may fail; a failure is shown, never lost. */
  async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.notices.problem(error);
    }
  }

  /** The frame writes out a notebook's last text even while another one is being opened: `id` says whose it is. */
  private noteSource(id: string, source: string): void {
    const shown = this.open.value;
    if (this.readOnly || (shown?.id === id && shown.source === source)) return;
    const notebook = deserialize(source);
    this.autosave.change({ id, title: notebook.title, source });
    if (shown?.id !== id) return;
    this.open.set({ id, title: notebook.title, source });
    this.outline.set(outlineOf(notebook));
  }

  private followHash(): void {
    const id = notebookOfHash(location.hash);
    if (id !== null && id !== this.open.value?.id) void this.attempt(() => this.openNotebook(id));
  }
}
