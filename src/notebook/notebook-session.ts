/** An open notebook: what is edited and what runs, joined. Elements show it and call it. */
import type { Engine } from '../worker/protocol.ts';
import type { Builtins, DownloadFile, NotebookSettings } from './builtins.ts';
import type { CellOutcome, CellState } from './cell-state.ts';
import { NotebookDocument } from './document.ts';
import { serialize } from './format.ts';
import type { Notebook } from './notebook.ts';
import { runAll } from './run-all.ts';
import { NotebookRuntime } from './runtime.ts';

/** The notebook attribute that keeps the person's choice of profile with the notebook. */
const PROFILE_ATTRIBUTE = 'data-profile';
/** Sources are written out no more often than this while somebody types. */
const AUTOSAVE_MS = 400;

export interface SessionOptions {
  readonly builtins: Builtins;
  readonly engine: Engine;
  /** What was given from outside: a profile that wins over the notebook's own unless null, and named values. */
  readonly profile: NotebookSettings['profile'] | null;
  readonly values: NotebookSettings['values'];
  readonly readOnly: boolean;
  readonly onSource: (source: string) => void;
  readonly onRunning: (running: boolean) => void;
  readonly onDownload: (file: DownloadFile) => void;
  /** A cell's state changed, or, without an id, the cells themselves. */
  readonly onChange: (id?: number) => void;
}

export class NotebookSession {
  readonly document: NotebookDocument;
  readonly runtime: NotebookRuntime;
  #settings: NotebookSettings;
  #running = false;
  /** Between two cells of Run all nothing runs, and yet it does. */
  #runningAll = 0;
  #saveTimer: ReturnType<typeof setTimeout> | null = null;
  #saved: string;

  constructor(
    notebook: Notebook,
    private readonly options: SessionOptions,
  ) {
    const kept = notebook.attributes[PROFILE_ATTRIBUTE] === 'full' ? 'full' : 'quick';
    this.#settings = { profile: options.profile ?? kept, values: options.values };
    this.#saved = serialize(notebook);
    this.document = new NotebookDocument(notebook, () => this.#onEdit());
    this.runtime = new NotebookRuntime({
      builtins: options.builtins,
      engine: options.engine,
      settings: this.#settings,
      download: options.onDownload,
      onChange: (id) => this.#onCell(id),
    });
    this.runtime.setCells(notebook.cells);
  }

  get settings(): NotebookSettings {
    return this.#settings;
  }

  get readOnly(): boolean {
    return this.options.readOnly;
  }

  get running(): boolean {
    return this.#running;
  }

  get engine(): Engine {
    return this.options.engine;
  }

  get builtins(): Builtins {
    return this.options.builtins;
  }

  state(id: number): CellState {
    return this.runtime.state(id);
  }

  /** Names that cells declare, for completion. */
  get declaredNames(): readonly string[] {
    return this.document.cells.flatMap(({ id }) => this.state(id).code?.outputs ?? []);
  }

  setProfile(profile: NotebookSettings['profile']): void {
    this.#settings = { ...this.#settings, profile };
    this.document.setAttribute(PROFILE_ATTRIBUTE, profile);
    this.runtime.setSettings(this.#settings);
  }

  run(id: number): Promise<CellOutcome> {
    return this.runtime.run(id);
  }

  /** Runs what a cell waits for, then the cell. */
  async runWithNeeds(id: number): Promise<void> {
    const { problem } = this.state(id);
    for (const need of problem?.waitsFor ?? [])
      if ((await this.run(need)).status === 'blocked') await this.runWithNeeds(need);
    await this.run(id);
  }

  async runAll(): Promise<readonly CellOutcome[]> {
    this.#runningAll++;
    this.#tellRunning();
    try {
      return await runAll(this.runtime);
    } finally {
      this.#runningAll--;
      this.#tellRunning();
    }
  }

  /** What a person asks of a run in a cell; a failure shows with the run itself. */
  actOnRun(run: string, action: 'pause' | 'step' | 'resume' | 'stop' | 'remove'): void {
    if (action === 'remove') return; // runs are removed on the page, where they are listed
    this.options.engine.request(`runs.${action}`, { run }).catch(() => undefined);
  }

  stop(id?: number): void {
    this.runtime.stop(id);
  }

  /** Writes out what was edited last, stops everything. */
  close(): void {
    this.#save();
    this.runtime.setCells([]);
  }

  #onEdit(): void {
    this.runtime.setCells(this.document.cells);
    this.options.onChange();
    if (this.#saveTimer === null) this.#saveTimer = setTimeout(() => this.#save(), AUTOSAVE_MS);
  }

  #save(): void {
    if (this.#saveTimer !== null) clearTimeout(this.#saveTimer);
    this.#saveTimer = null;
    const source = serialize(this.document.notebook);
    if (source === this.#saved) return;
    this.#saved = source;
    this.options.onSource(source);
  }

  #onCell(id: number): void {
    this.options.onChange(id);
    this.#tellRunning();
  }

  #tellRunning(): void {
    const busy = this.document.cells.some((cell) => {
      const { status } = this.state(cell.id);
      return status === 'running' || status === 'queued';
    });
    const running = busy || this.#runningAll > 0;
    if (running === this.#running) return;
    this.#running = running;
    this.options.onRunning(running);
  }
}
