/**
 * The run queue: starts, pauses, resumes and stops runs; one has the GPU at a time, first come first served, and one
 * import the network beside it. A run whose tab closed goes on from its last checkpoint at the next start; one whose device is lost goes on on a new one.
 */
import type { Gpu } from '../gpu/device.ts';
import { withRecovery } from './device-recovery.ts';
import { executeRun, type GpuSpec } from './execute-run.ts';
import { freshRecord } from './fresh-record.ts';
import { executeImport } from './import-run.ts';
import { waitForParent } from './lineage.ts';
import type { ModelSources } from './model-sources.ts';
import type { Resources } from './resources.ts';
import { RunControl } from './run-control.ts';
import type { RunContext, RunOutcome } from './run-context.ts';
import { identifyInputs, recordedInputs, requireSameInputs } from './run-inputs.ts';
import { RunReporter, type ReportSinks } from './run-reporter.ts';
import type { RunInputs, RunRecord } from './run.ts';
import { checkSpec } from './spec-check.ts';
import { runId } from './spec-hash.ts';
import type { RunSpec } from './spec.ts';
import { Turn } from './turn.ts';

export interface QueueSurroundings extends ReportSinks {
  readonly resources: Resources;
  /** Where imports come from. */
  readonly models: ModelSources;
  /** The current device; opens a new one if the last was lost. */
  readonly gpu: () => Promise<Gpu>;
  /** Adapter, versions: recorded with each run. */
  readonly environment: () => Readonly<Record<string, unknown>>;
  /** Does a run's work; `executeRun` where left out. */
  readonly execute?: (spec: GpuSpec, context: RunContext) => Promise<RunOutcome>;
}

interface ActiveRun {
  readonly control: RunControl;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** A run in the hands of the queue. */
interface Driven {
  readonly spec: RunSpec;
  readonly reporter: RunReporter;
  readonly control: RunControl;
  readonly signal: AbortSignal;
}

export class RunQueue {
  /** Whose turn it is to have the GPU: visitors join it too. */
  readonly turn = new Turn();
  private readonly networkTurn = new Turn();
  private readonly active = new Map<string, ActiveRun>();
  /** Starts that are still reading the store: a second start of the same spec must not run it twice. */
  private readonly starting = new Map<string, Promise<RunRecord>>();

  constructor(private readonly surroundings: QueueSurroundings) {}

  /** Starts a run, or resumes it, or returns it finished. */
  start(spec: RunSpec): Promise<RunRecord> {
    const id = runId(spec);
    let started = this.starting.get(id);
    if (!started) {
      started = this.open(id, spec).finally(() => this.starting.delete(id));
      this.starting.set(id, started);
    }
    return started;
  }

  /** Takes up what a closed tab left behind, in the order in which it was first started. */
  async resumeInterrupted(): Promise<void> {
    const runs = await this.surroundings.store.runs.list();
    const interrupted = runs.filter(({ status }) => status === 'running' || status === 'queued');
    for (const run of interrupted.sort((a, b) => a.createdAt - b.createdAt)) await this.start(run.spec);
  }

  /** @throws RangeError when the run is not active: there is nothing to pause. */
  pause(id: string): void {
    const run = this.active.get(id);
    if (!run) throw new RangeError(`pause: run ${id} has ended or was never started, expected one under way`);
    run.control.pause();
  }

  /** Takes one step, then rests; a run that an earlier tab left is taken up for it. */
  async step(id: string): Promise<void> {
    if (!this.active.has(id)) await this.start((await this.kept(id)).spec);
    this.active.get(id)?.control.step();
  }

  /** Goes on with a paused run, or with one that was stopped, failed or left by an earlier tab. */
  async resume(id: string): Promise<void> {
    await this.start((await this.kept(id)).spec);
  }

  /** Asks a run to end at its next step boundary and waits until it has. One that has ended stays as it is. */
  async stop(id: string): Promise<void> {
    // At once where it can be: whoever starts it right after must find it stopped.
    if (!this.active.has(id)) await this.starting.get(id);
    const run = this.active.get(id);
    if (run) {
      run.control.stop();
      run.abort.abort(new DOMException('stopped by the person', 'AbortError'));
      return run.done;
    }
    const record = await this.kept(id);
    if (['finished', 'failed', 'stopped'].includes(record.status)) return;
    await new RunReporter(record, this.surroundings).status('stopped');
  }

  /** Stops everything that is queued, running or paused. */
  async stopAll(): Promise<void> {
    const all = new Set([...this.starting.keys(), ...this.active.keys()]);
    await Promise.all([...all].map((id) => this.stop(id)));
  }

  private async kept(id: string): Promise<RunRecord> {
    const record = await this.surroundings.store.runs.get(id);
    if (!record) throw new RangeError(`runs: run ${id} is not kept in this browser; press Run to start it`);
    return record;
  }

  private async open(id: string, spec: RunSpec): Promise<RunRecord> {
    const { store } = this.surroundings;
    if (this.active.get(id)?.control.stopped) await this.active.get(id)?.done;
    const existing = await store.runs.get(id);
    if (existing?.status === 'finished') return existing;
    const active = this.active.get(id);
    if (active && existing) {
      active.control.resume();
      return existing;
    }
    const base = existing ?? freshRecord(id, spec);
    const record = { ...base, status: 'queued' as const, error: null, updatedAt: Date.now() };
    await store.runs.put(record);
    this.launch(record);
    return record;
  }

  private launch(record: RunRecord): void {
    const { id, spec } = record;
    const reporter = new RunReporter(record, this.surroundings);
    const abort = new AbortController();
    const turn = spec.kind === 'import' ? this.networkTurn : this.turn;
    const control = new RunControl(turn, (standing) => reporter.status(standing));
    reporter.announce();
    const done = this.drive({ spec, reporter, control, signal: abort.signal }).finally(() =>
      this.active.delete(id),
    );
    this.active.set(id, { control, abort, done });
  }

  /** From queued to its end; every way out leaves a status and, for a failure, a message. Never rejects. */
  private async drive(run: Driven): Promise<void> {
    const { reporter, control, signal } = run;
    try {
      await reporter.status(await this.work(run));
    } catch (error) {
      const stopped = error === signal.reason;
      const message = error instanceof Error ? error.message : String(error);
      // What cannot be stored was announced; there is nobody else to tell.
      await reporter.status(stopped ? 'stopped' : 'failed', stopped ? null : message).catch(() => undefined);
    } finally {
      control.leave();
    }
  }

  private async work(run: Driven): Promise<RunOutcome> {
    const { store, resources, models, gpu, environment, execute = executeRun } = this.surroundings;
    const { spec, reporter, control, signal } = run;
    checkSpec(spec);
    await waitForParent(spec, store, (id) => this.underway(id), signal);
    const inputs = await identifyInputs(spec, resources);
    await this.requireSameData(reporter.record, inputs);
    if (!(await control.enter())) return 'stopped';
    const context = { id: reporter.record.id, store, resources, control, signal, ...reporter.methods() };
    if (spec.kind === 'import') {
      await reporter.begin({ ...environment(), inputs });
      return executeImport(spec, context, models);
    }
    return withRecovery(
      gpu,
      context.activity,
      () => reporter.record.done,
      async (device) => {
        const recorded = reporter.record.environment;
        await reporter.begin({ ...environment(), inputs });
        return execute(spec, { ...context, recorded, gpu: device });
      },
    );
  }

  /** A run that has something to go on from goes on with the data it began with, or not at all. */
  private async requireSameData(record: RunRecord, inputs: RunInputs): Promise<void> {
    const before = recordedInputs(record);
    if (!before) return;
    const begun = record.done > 0 || (await this.surroundings.store.listCheckpoints(record.id)).length > 0;
    if (begun) requireSameInputs(record.id, before, inputs);
  }

  /** The end of a run of this queue that has not ended, or is being started. */
  private underway(id: string): Promise<void> | undefined {
    return this.active.get(id)?.done ?? this.starting.get(id)?.then(() => this.active.get(id)?.done);
  }
}
