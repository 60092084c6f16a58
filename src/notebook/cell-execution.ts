/** One execution of one cell: call its function, publish what it gives, wait for what it started. */
import type { CellContext, DownloadFile, NotebookSettings } from './builtins.ts';
import { compileCell, observeValue, orAborted, type Observation } from './cell-code.ts';
import { CellStoppedError, type CellOutcome, type CellState, type Execution } from './cell-state.ts';
import type { Engine } from '../worker/protocol.ts';
import { RunGroup } from './run-group.ts';
import { RunStoppedError } from './tracked-run.ts';

/** What executions need from the runtime. */
export interface ExecutionHost {
  readonly engine: Engine;
  settings: NotebookSettings;
  download(file: DownloadFile): void;
  inputs(state: CellState, context: CellContext): ReadonlyMap<string, unknown>;
  /** The cell has values, or other values than before. */
  published(state: CellState): void;
  changed(state: CellState): void;
}

/** Starts the cell; `execution.outcome` says how it ended and never rejects. */
export function startExecution(state: CellState, host: ExecutionHost): Execution {
  const runs = new RunGroup(host.engine);
  let end!: (outcome: CellOutcome) => void;
  const execution: Execution = {
    abort: new AbortController(),
    runs,
    startedAt: performance.now(),
    outcome: new Promise((resolve) => (end = resolve)),
    published: false,
    over: false,
    outdated: false,
    superseded: false,
  };
  runs.subscribe(() => host.changed(state));
  Object.assign(state, { execution, status: 'running', problem: null });
  host.changed(state);
  void execute(state, execution, host).then(end);
  return execution;
}

async function execute(state: CellState, execution: Execution, host: ExecutionHost): Promise<CellOutcome> {
  const { runs } = execution;
  const display = new DisplayList(state, execution, host);
  let failure: Error | null = null;
  try {
    const observations = await callAndPublish(state, execution, display, host);
    display.show();
    const ends = Promise.all(observations.map(({ last }) => last));
    if (state.expensive) await Promise.all([runs.settled(), ends]);
    else watchLater(state, execution, ends, host);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(JSON.stringify(error));
    display.show();
  }
  runs.seal();
  return settle(state, execution, failure, host);
}

/** Calls the cell's function and waits for the first value of everything it gives; later values are told as they come. */
async function callAndPublish(
  state: CellState,
  execution: Execution,
  display: DisplayList,
  host: ExecutionHost,
): Promise<readonly Observation[]> {
  const { signal } = execution.abort;
  const context: CellContext = {
    engine: host.engine,
    settings: host.settings,
    signal,
    runs: execution.runs,
    display: (value) => display.add(value),
    download: (file) => host.download(file),
  };
  const { isExpression, outputs } = state.code!;
  const inputs = host.inputs(state, context);
  const call = compileCell(state.code!, [...inputs.keys()], state.cell.id);
  const result = await orAborted(call(...inputs.values()), signal);
  const given = isExpression ? { value: result } : (result as Record<string, unknown>);
  const values = new Map<string, unknown>(
    (isExpression ? ['value'] : outputs).map((name) => [name, undefined]),
  );
  const tell = (): void => {
    if (execution.superseded) return;
    state.value = isExpression ? values.get('value') : undefined;
    state.exports = new Map(isExpression ? [] : values);
    host.published(state);
  };
  const observations = [...values.keys()].map((name) =>
    observeValue(given[name], signal, (value) => {
      values.set(name, value);
      if (execution.published) tell();
    }),
  );
  await Promise.all(observations.map(({ first }) => first));
  execution.published = true;
  tell();
  return observations;
}

/** A cheap cell is done with its first values; an error of a later one is still its own. */
function watchLater(
  state: CellState,
  execution: Execution,
  ends: Promise<unknown>,
  host: ExecutionHost,
): void {
  void ends.then(
    () => (execution.over = true),
    (error: unknown) => {
      execution.over = true;
      if (execution.superseded || execution.abort.signal.aborted) return;
      state.fail(error);
      host.published(state);
    },
  );
}

function settle(
  state: CellState,
  execution: Execution,
  failure: Error | null,
  host: ExecutionHost,
): CellOutcome {
  const seconds = (performance.now() - execution.startedAt) / 1000;
  const stopped = failure instanceof CellStoppedError || failure instanceof RunStoppedError;
  const status = failure === null ? 'done' : stopped ? 'stopped' : 'error';
  const outcome: CellOutcome = { cell: state.cell.id, status, seconds, message: failure?.message ?? null };
  if (status !== 'done' || state.expensive) execution.over = true;
  if (execution.superseded) return outcome;
  state.seconds = seconds;
  if (failure === null) state.status = execution.outdated ? 'stale' : 'done';
  else if (stopped)
    Object.assign(state, {
      status: 'stale',
      problem: { message: failure.message, line: null, waitsFor: [] },
    });
  else state.fail(failure);
  if (status === 'error') host.published(state);
  host.changed(state);
  return outcome;
}

/** What the cell displays: the old output stays until the first new one, so that nothing flickers. */
class DisplayList {
  #values: unknown[] = [];

  constructor(
    private readonly state: CellState,
    private readonly execution: Execution,
    private readonly host: ExecutionHost,
  ) {}

  add<T>(value: T): T {
    if (this.execution.superseded) {
      throw new Error('display: called by an execution that is over; its cell has run again since');
    }
    this.#values = [...this.#values, value];
    this.show();
    return value;
  }

  show(): void {
    if (this.execution.superseded) return;
    this.state.displays = this.#values;
    this.host.changed(this.state);
  }
}
