/** One run that a cell asked for, followed from start to end: its record, its latest report, its steps and rows. */
import type { EvaluationRow } from '../evaluation/row.ts';
import type { RunProgress, RunRecord, StepRecord } from '../experiments/run.ts';
import type { EvaluateSpec, RunSpec } from '../experiments/spec.ts';
import type { Engine, EngineEvent } from '../worker/protocol.ts';
import { RunHandle } from './run-handle.ts';

/** Thrown where a cell waits for a run that a person stopped: not a failure, the run can go on. */
export class RunStoppedError extends Error {
  override readonly name = 'RunStoppedError';
}

export class TrackedRun {
  readonly handle: RunHandle;
  record: RunRecord;
  progress: RunProgress | null = null;
  steps: readonly StepRecord[] = [];
  rows: readonly EvaluationRow[] = [];
  /** Spec of the run whose checkpoint an evaluation looks at, once the engine has told it. */
  parent: RunSpec | null = null;
  /** Resolves when the run has finished; rejects when it fails or is stopped. */
  readonly done: Promise<void>;
  #settle!: { readonly resolve: () => void; readonly reject: (error: Error) => void };
  #ended = false;
  #lacksFacts = true;

  constructor(
    spec: RunSpec,
    private readonly engine: Engine,
    private readonly onChange: () => void,
  ) {
    this.handle = new RunHandle(spec);
    this.record = waitingRecord(this.handle);
    this.done = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.done.catch(() => undefined); // whoever waits hears of it; nobody has to wait
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Asks the engine for the run: it starts, resumes, or is there already. */
  async start(): Promise<void> {
    if (this.#ended) return;
    try {
      this.record = await this.engine.request('runs.start', { spec: this.handle.spec });
      if (this.handle.spec.kind !== 'evaluate')
        this.#addSteps(await this.engine.request('runs.steps', { run: this.handle.id }));
      else this.parent = await this.#readParent(this.handle.spec);
      this.onChange();
      await this.#follow(this.progress?.status ?? this.record.status);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Looks at the run without asking for it: what is stored now, and what is reported from now on. */
  async watch(): Promise<void> {
    const run = this.handle.id;
    const [record, steps] = await Promise.all([
      this.engine.request('runs.get', { run }),
      this.engine.request('runs.steps', { run }),
    ]);
    this.#addSteps(steps);
    if (record !== null) this.record = record;
    this.onChange();
    // A run that was stopped or failed may be started again at any time: only the end is final.
    if (record?.status === 'finished') await this.#finish();
  }

  hear(event: EngineEvent): void {
    if (event.type === 'progress' && event.progress.run === this.handle.id) {
      this.progress = event.progress;
      this.#addSteps(event.progress.steps);
      this.onChange();
      if (this.#lacksFacts && event.progress.steps.length > 0) void this.#readFacts();
      void this.#follow(event.progress.status);
    } else if (event.type === 'rows' && event.run === this.handle.id) {
      this.rows = mergeRows(this.rows, event.rows);
      this.onChange();
    }
  }

  /** Gives up waiting, as when the cell is stopped; the engine is told by whoever stops the cell. */
  abandon(): void {
    this.#end(() =>
      this.#settle.reject(
        new RunStoppedError(`run ${this.handle.id} was stopped; Run goes on from its last checkpoint`),
      ),
    );
  }

  async #readParent({ checkpoint }: EvaluateSpec): Promise<RunSpec | null> {
    return (await this.engine.request('runs.get', { run: checkpoint.run }))?.spec ?? null;
  }

  /** A run learns its facts on the way to its first step; its first record has none. */
  async #readFacts(): Promise<void> {
    this.#lacksFacts = false;
    try {
      const record = await this.engine.request('runs.get', { run: this.handle.id });
      if (record === null || this.#ended) return;
      this.record = record;
      this.onChange();
    } catch {
      // Facts are an extra: an engine that has stopped says so by itself, and the end of a run reads them again.
    }
  }

  async #follow(status: RunRecord['status']): Promise<void> {
    if (this.#ended) return;
    if (status === 'finished') await this.#finish();
    else if (status === 'stopped') this.abandon();
    else if (status === 'failed')
      this.fail(new Error(this.progress?.error ?? this.record.error ?? 'the run failed'));
  }

  /** The engine's stored rows are the truth; what came by events may lack some. */
  async #finish(): Promise<void> {
    const { id, spec } = this.handle;
    try {
      const [record, rows] = await Promise.all([
        this.engine.request('runs.get', { run: id }),
        spec.kind === 'evaluate' ? this.engine.request('rows.list', { runs: [id] }) : [],
      ]);
      if (record !== null) this.record = record;
      this.rows = rows;
      this.#end(() => this.#settle.resolve());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Takes the run for failed. */
  fail(reason: unknown): void {
    const error = reason instanceof Error ? reason : new Error(String(reason));
    this.record = { ...this.record, status: 'failed', error: error.message };
    this.#end(() => this.#settle.reject(error));
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    settle();
    this.onChange();
  }

  #addSteps(more: readonly StepRecord[]): void {
    if (more.length === 0) return;
    const after = this.steps.at(-1)?.step ?? -1;
    const inOrder = more[0]!.step > after;
    this.steps = inOrder ? [...this.steps, ...more] : mergeSteps(this.steps, more);
  }
}

/** Follows a run that somebody else asks for, until `leave` is called. */
export function watchRun(
  { spec }: RunHandle,
  engine: Engine,
  onChange: () => void,
): { readonly tracked: TrackedRun; readonly leave: () => void } {
  const tracked = new TrackedRun(spec, engine, onChange);
  const leave = engine.subscribe((event) => tracked.hear(event));
  void tracked.watch().catch((error: unknown) => tracked.fail(error));
  return { tracked, leave };
}

/** What is shown between asking for a run and the engine's answer. */
function waitingRecord({ id, spec }: RunHandle): RunRecord {
  const now = Date.now();
  const empty = { seconds: 0, error: null, environment: {}, facts: {} };
  return { id, spec, status: 'queued', done: 0, total: 0, createdAt: now, updatedAt: now, ...empty };
}

function mergeSteps(known: readonly StepRecord[], more: readonly StepRecord[]): readonly StepRecord[] {
  const byStep = new Map([...known, ...more].map((step) => [step.step, step]));
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}

/** Rows by what they measure: one that comes twice replaces itself. */
function mergeRows(
  known: readonly EvaluationRow[],
  more: readonly EvaluationRow[],
): readonly EvaluationRow[] {
  const key = (row: EvaluationRow): string =>
    [row.checkpoint, row.task, row.split, row.shift, row.format, row.shots, row.seed, row.metric].join(
      '\u0000',
    );
  return [...new Map([...known, ...more].map((row) => [key(row), row])).values()];
}
