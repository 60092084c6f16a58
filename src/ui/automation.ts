/**
 * `globalThis.amuro`: the surface that drives the page without a person (the headless runner, end-to-end tests).
 * Everything it takes and gives is plain data. It can do nothing that the page's own controls cannot.
 */
import type { RunRecord, StepRecord } from '../experiments/run.ts';
import type { EvaluationRow } from '../evaluation/row.ts';
import { deserialize } from '../notebook/format.ts';
import type { CellOutcome } from '../notebook/cell-state.ts';
import type { DatasetInfo, EngineInfo, StorageEstimate } from '../worker/protocol.ts';
import { allSteps } from './exports.ts';
import type { FigureFile, NotebookView } from './notebook-view.ts';
import type { RunView } from './run-view.ts';
import type { Session } from './session.ts';

export interface Automation {
  /** The notebook of the address is open and the engine has answered; rejects when either failed. */
  readonly ready: Promise<void>;
  /** Run every cell, first to last. */
  runAll(): Promise<{ readonly cells: readonly CellOutcome[] }>;
  stop(): void;
  /** Rows that these evaluation runs have given; all rows kept in this browser when left out. */
  rows(runs?: readonly string[]): Promise<readonly EvaluationRow[]>;
  /** All training steps of all runs kept in this browser. */
  steps(): Promise<readonly StepRecord[]>;
  figures(): Promise<readonly FigureFile[]>;
  runs(): Promise<readonly RunRecord[]>;
  /** Ids of the runs that the open notebook has asked for: a browser may keep others. */
  startedRuns(): readonly string[];
  /** Runs with their latest reports, at once: what a progress display polls. */
  progress(): readonly RunView[];
  info(): Promise<{
    readonly engine: EngineInfo;
    readonly storage: StorageEstimate;
    readonly userAgent: string;
  }>;
  reportHtml(): Promise<string>;
  /** Keep a file as if it had been dropped onto the page. */
  addFile(name: string, bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<DatasetInfo>;
  /** Say which hubs may be asked, and that no others may: nobody is there to be asked. */
  allowHubs(addresses: readonly string[]): void;
  /** Open other text in place of the address's notebook; it is kept under this id. */
  openSource(id: string, source: string): Promise<void>;
}

declare global {
  var amuro: Automation | undefined;
}

/** Put the surface onto the page. `ready` is what the page's own start resolves to. */
export function installAutomation(session: Session, started: Promise<void>): void {
  const ready = started.then(() => {
    const status = session.control.status.value;
    if (status.state === 'unavailable' || status.state === 'stopped') throw new Error(status.message);
    const [problem] = session.notices.list.value.filter(({ tone }) => tone === 'problem');
    if (problem) throw new Error(problem.text);
  });
  // Nobody may be listening: a person sees the same failure in the page.
  ready.catch(() => undefined);
  globalThis.amuro = automation(session, ready);
}

function automation(session: Session, ready: Promise<void>): Automation {
  const { engine } = session;
  return {
    ready,
    runAll: async () => ({ cells: await session.runAll() }),
    stop: () => session.stop(),
    rows: (runs = []) => engine.request('rows.list', { runs: [...runs] }),
    steps: () => allSteps(engine),
    figures: () => viewOf(session).figures(),
    runs: () => engine.request('runs.list', {}),
    startedRuns: () => viewOf(session).startedRuns,
    progress: () => session.runs.views.value,
    info: async () => ({
      engine: await engine.request('engine.info', {}),
      storage: await engine.request('storage.estimate', {}),
      userAgent: navigator.userAgent,
    }),
    reportHtml: () => viewOf(session).report(),
    // `slice` also cuts a view out of a larger buffer, which must not travel whole.
    addFile: (name, bytes) => engine.request('datasets.addFile', { name, bytes: bytes.slice() as never }),
    allowHubs: (addresses) => session.consent.decideBy(addresses),
    openSource: async (id, source) => {
      await session.shelf.put(id, deserialize(source).title, source);
      await session.openNotebook(id);
    },
  };
}

function viewOf(session: Session): NotebookView {
  const view = session.notebookView;
  if (!view) throw new Error('automation: no notebook is open, expected one; wait for amuro.ready');
  return view;
}
