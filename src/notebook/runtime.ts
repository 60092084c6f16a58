/**
 * The reactive runtime. Cheap cells run again at once when something above them changes; expensive ones turn stale and
 * wait for Run. Cells run in the order of their needs; nothing runs before a person runs something.
 */
import type { Engine } from '../worker/protocol.ts';
import type { Builtins, DownloadFile, NotebookSettings } from './builtins.ts';
import { startExecution, type ExecutionHost } from './cell-execution.ts';
import { CellGraph } from './cell-graph.ts';
import { checkRunnable, inputValues, type InputSources } from './cell-inputs.ts';
import { CellQueue, type OutcomeListener } from './cell-queue.ts';
import { BlockedError, CellState, CellStoppedError, type CellOutcome } from './cell-state.ts';
import type { Cell } from './notebook.ts';
import { orderStops } from './ordered-engine.ts';

export interface RuntimeOptions {
  readonly builtins: Builtins;
  readonly engine: Engine;
  readonly settings: NotebookSettings;
  readonly download: (file: DownloadFile) => void;
  /** Something about a cell is another than before. */
  readonly onChange: (id: number) => void;
}

export class NotebookRuntime {
  #cells = new Map<number, CellState>();
  #graph = new CellGraph([]);
  readonly #queue = new CellQueue();
  readonly #host: ExecutionHost;
  #whenQuiet: (() => void)[] = [];

  constructor(private readonly options: RuntimeOptions) {
    this.#host = {
      engine: orderStops(options.engine),
      settings: options.settings,
      download: options.download,
      inputs: (state, context) => inputValues(state, context, this.#sources),
      published: (state) => this.#propagate(state),
      changed: (state) => options.onChange(state.cell.id),
    };
  }

  /** What is known of a cell. @throws RangeError for one that is not in the notebook. */
  state(id: number): CellState {
    const state = this.#cells.get(id);
    if (state !== undefined) return state;
    throw new RangeError(`runtime: no cell ${id}, expected one of ${[...this.#cells.keys()].join(', ')}`);
  }

  /** Code cells in the order in which they run: after what they need, else as in the notebook. */
  get order(): readonly number[] {
    return this.#graph.order.filter((id) => this.state(id).isCode);
  }

  /** Takes the notebook's cells as they are now; nothing runs, edited cells that had run turn stale. */
  setCells(cells: readonly Cell[]): void {
    const before = this.#cells;
    this.#cells = new Map(cells.map((cell) => [cell.id, before.get(cell.id) ?? new CellState(cell)]));
    for (const [id, state] of before) if (!this.#cells.has(id)) this.#supersede(state);
    for (const { id, source, kind } of cells) {
      const state = this.state(id);
      if (state.setSource(source, kind)) this.#markStale(state);
    }
    this.#graph = new CellGraph(
      [...this.#cells.values()].map(({ cell: { id }, code }) => ({
        id,
        inputs: code?.inputs ?? [],
        outputs: code?.outputs ?? [],
      })),
    );
  }

  /** Changes the settings; cells that use them and have run, run again, or turn stale. */
  setSettings(settings: NotebookSettings): void {
    this.#host.settings = settings;
    const { builtins } = this.options;
    for (const state of this.#cells.values()) {
      const names = state.code?.inputs.filter((name) => this.#graph.definers(name).length === 0) ?? [];
      if (state.status !== 'idle' && names.some((name) => builtins[name]?.fromSettings)) this.#touch(state);
    }
    this.#pump();
  }

  /**
   * Runs a cell, and before it the cheap cells it needs that have not run. An expensive cell that is running is left
   * alone unless it was edited. Resolves with how it ended: an expensive cell with its runs.
   */
  run(id: number): Promise<CellOutcome> {
    const state = this.state(id);
    if (!state.isCode) return Promise.resolve({ cell: id, status: 'done', seconds: 0, message: null });
    const { execution } = state;
    if (state.expensive && execution !== null && !execution.over && !execution.outdated)
      return execution.outcome;
    for (const need of this.#graph.ancestors(id)) {
      const { expensive, exports, status, computing } = this.state(need);
      const fresh = exports !== null && status !== 'stale' && status !== 'error';
      if (!expensive && !computing && !fresh && need !== id) void this.#enqueue(need);
    }
    this.#supersede(state);
    const outcome = this.#enqueue(id);
    this.#pump();
    return outcome;
  }

  /** Stops a cell, or all: its code hears of it by `signal`, its runs stop at their next step. */
  stop(id?: number): void {
    for (const state of id === undefined ? this.#cells.values() : [this.state(id)]) {
      const stopped = new CellStoppedError('stopped; Run goes on from the last checkpoint');
      for (const tell of this.#queue.take(state.cell.id) ?? []) {
        state.status = state.exports === null ? 'idle' : 'stale';
        tell({ cell: state.cell.id, status: 'stopped', seconds: 0, message: stopped.message });
      }
      if (state.execution !== null && !state.execution.over) {
        state.execution.runs.stop();
        state.execution.abort.abort(stopped);
      }
      this.options.onChange(state.cell.id);
    }
  }

  /** Resolves when no cheap cell is queued or computing. */
  async quiet(): Promise<void> {
    while (this.#isBusy()) await new Promise<void>((resolve) => this.#whenQuiet.push(resolve));
  }

  get #sources(): InputSources {
    return { graph: this.#graph, cells: this.#cells, builtins: this.options.builtins };
  }

  #isBusy(): boolean {
    return (
      !this.#queue.isEmpty ||
      [...this.#cells.values()].some(({ expensive, computing }) => !expensive && computing)
    );
  }

  #enqueue(id: number, listeners?: readonly OutcomeListener[]): Promise<CellOutcome> {
    const state = this.state(id);
    if (!state.computing) state.status = 'queued';
    this.options.onChange(id);
    return this.#queue.add(id, listeners);
  }

  /** Starts every queued cell whose needs are neither queued nor computing. */
  #pump(): void {
    for (const id of this.#graph.order) {
      if (!this.#queue.has(id) || this.#mustWait(id)) continue;
      this.#start(this.state(id), this.#queue.take(id)!);
    }
    if (!this.#isBusy()) for (const resolve of this.#whenQuiet.splice(0)) resolve();
  }

  #mustWait(id: number): boolean {
    // One that computes ends first: values that keep coming would else never let it.
    if (this.state(id).computing) return true;
    if (this.#graph.circle(id) !== null) return false;
    for (const need of this.#graph.ancestors(id)) {
      const { expensive, exports, computing } = this.state(need);
      // An expensive cell may take hours: what it gave last time serves until it gives more.
      if (this.#queue.has(need) || (computing && !(expensive && exports !== null))) return true;
    }
    return false;
  }

  #start(state: CellState, listeners: readonly OutcomeListener[]): void {
    const { id } = state.cell;
    this.#supersede(state);
    try {
      checkRunnable(state, this.#sources);
    } catch (error) {
      state.fail(error);
      const status = error instanceof BlockedError ? 'blocked' : 'error';
      for (const tell of listeners) tell({ cell: id, status, seconds: 0, message: (error as Error).message });
      this.#propagate(state);
      return;
    }
    const execution = startExecution(state, this.#host);
    void execution.outcome.then((outcome) => {
      // Whoever waits for a cell that has begun again waits for the new execution.
      const next = execution.superseded && this.#cells.get(id) === state ? state.execution : null;
      if (this.#queue.has(id) && execution.superseded) void this.#queue.add(id, listeners);
      else if (next !== null && next !== execution)
        for (const tell of listeners) void next.outcome.then(tell);
      else for (const tell of listeners) tell(outcome);
      this.#pump();
    });
  }

  /** Ends an execution that nobody needs any more. */
  #supersede({ execution }: CellState): void {
    if (execution === null || execution.superseded) return;
    execution.superseded = true;
    execution.over = true;
    execution.runs.stop();
    execution.runs.close();
    execution.abort.abort(new CellStoppedError('its cell has run again since'));
  }

  /** Tells the cells below that the cell has other values, or none. */
  #propagate(state: CellState): void {
    this.options.onChange(state.cell.id);
    for (const below of this.#graph.neededBy(state.cell.id)) this.#touch(this.state(below), state);
    this.#pump();
  }

  #touch(state: CellState, cause?: CellState): void {
    if (state.expensive) return this.#markStale(state);
    const { id } = state.cell;
    if (this.#queue.has(id) || this.#graph.circle(id) !== null) return;
    // A cell that never ran begins when all it needs is there; a failure above it says nothing new.
    const needs = [...this.#graph.needs(id)].map((need) => this.state(need));
    const ready = cause?.status !== 'error' && needs.every(({ exports }) => exports !== null);
    if (state.status !== 'idle' || ready) void this.#enqueue(id);
  }

  #markStale(state: CellState): void {
    if (state.execution !== null) state.execution.outdated = true;
    if (state.status === 'done' || state.status === 'error') state.status = 'stale';
    this.options.onChange(state.cell.id);
  }
}
