/** All runs the page knows: records from the engine, joined with its reports as they come. */
import type { RunProgress, RunStatus, StepRecord } from '../experiments/run.ts';
import type { Engine } from '../worker/protocol.ts';
import { mergeSteps } from './loss-columns.ts';
import { parentAmong } from './run-view.ts';
import type { RunView } from './run-view.ts';
import { Store } from './store.ts';

const over: ReadonlySet<RunStatus> = new Set(['stopped', 'finished', 'failed']);

export class RunBook {
  readonly views = new Store<readonly RunView[]>([]);
  /** Steps measured while this page watched, by run. */
  private readonly measured = new Map<string, readonly StepRecord[]>();
  private readonly asked = new Set<string>();

  constructor(private readonly engine: Engine) {
    engine.subscribe((event) => {
      if (event.type === 'progress') this.report(event.progress);
    });
  }

  async refresh(): Promise<void> {
    const records = await this.engine.request('runs.list', {});
    const before = new Map(this.views.value.map((view) => [view.record.id, view.progress]));
    // A report older than the record says nothing new once the run is over.
    this.views.set(
      records.map((record) => ({
        record,
        progress: over.has(record.status) ? null : (before.get(record.id) ?? null),
      })),
    );
  }

  steps(run: string): readonly StepRecord[] {
    return this.measured.get(run) ?? [];
  }

  /** The first run that works now, and how many wait or work. */
  get activity(): { readonly current: RunView | null; readonly open: number } {
    const views = this.views.value;
    const status = (view: RunView): RunStatus => (view.progress ?? view.record).status;
    const current = views.find((view) => status(view) === 'running' && view.progress);
    return {
      current: current ? { ...current, parent: parentAmong(current, views) } : null,
      open: views.filter((view) => view.progress && ['running', 'queued'].includes(status(view))).length,
    };
  }

  private report(progress: RunProgress): void {
    this.measured.set(progress.run, mergeSteps(this.steps(progress.run), progress.steps));
    const known = this.views.value.find((view) => view.record.id === progress.run);
    if (known)
      this.views.set(this.views.value.map((view) => (view === known ? { ...view, progress } : view)));
    // The record knows more than the report: read it when the run is new, when it has learned facts, when it is over.
    const lacksFacts = known && progress.steps.length > 0 && Object.keys(known.record.facts).length === 0;
    if (!known || lacksFacts || over.has(progress.status)) void this.readRecord(progress.run);
  }

  private async readRecord(run: string): Promise<void> {
    if (this.asked.has(run)) return;
    this.asked.add(run);
    try {
      const record = await this.engine.request('runs.get', { run });
      if (!record) return;
      const progress = this.views.value.find((view) => view.record.id === run)?.progress ?? null;
      const view = { record, progress: over.has(record.status) ? null : progress };
      this.views.set([...this.views.value.filter((each) => each.record.id !== run), view]);
    } catch {
      // The engine stopped meanwhile: its banner says so, and the list is read again when it is back.
    } finally {
      this.asked.delete(run);
    }
  }
}
