/**
 * The run queue: starts, pauses, resumes and stops runs; one has the GPU at a time, first come first served. A run
 * whose tab closed goes on from its last checkpoint at the next start; one whose device is lost goes on on a new one.
 */
import { DeviceLostError, type Gpu } from '../gpu/device.ts';
import { executeRun, totalWork } from './execute-run.ts';
import type { ExperimentStore } from './experiment-store.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { Resources } from './resources.ts';
import { waitForParent } from './lineage.ts';
import { RunControl } from './run-control.ts';
import type { RunContext } from './run-context.ts';
import type { RunProgress, RunRecord, RunStatus, StepRecord } from './run.ts';
import type { EvaluationRow } from '../evaluation/row.ts';
import { runId } from './spec-hash.ts';
import type { RunSpec } from './spec.ts';
import { Turn } from './turn.ts';

export interface QueueSurroundings {
  readonly store: ExperimentStore;
  readonly resources: Resources;
  /** The current device; opens a new one if the last was lost. */
  readonly gpu: () => Promise<Gpu>;
  /** Adapter, versions: recorded with each run. */
  readonly environment: () => Readonly<Record<string, unknown>>;
  readonly onProgress: (progress: RunProgress) => void;
  readonly onRows: (run: string, rows: readonly EvaluationRow[]) => void;
}

/** How often a run may lose its device without getting anything done before it is given up. */
const maximumRecoveries = 3;

interface ActiveRun {
  readonly control: RunControl;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export class RunQueue {
  private readonly turn = new Turn();
  private readonly active = new Map<string, ActiveRun>();

  constructor(private readonly surroundings: QueueSurroundings) {}

  /** Whether a run is queued, running or paused in this tab. */
  isActive(id: string): boolean {
    return this.active.has(id);
  }

  /** Starts a run, or resumes it, or returns it finished. */
  async start(spec: RunSpec): Promise<RunRecord> {
    const { store } = this.surroundings;
    const id = runId(spec);
    const existing = await store.runs.get(id);
    if (existing?.status === 'finished') return existing;
    if (this.active.has(id)) {
      this.resume(id);
      return existing ?? this.fresh(id, spec);
    }
    const record = {
      ...(existing ?? this.fresh(id, spec)),
      status: 'queued' as const,
      error: null,
      updatedAt: Date.now(),
    };
    await store.runs.put(record);
    this.launch(record);
    return record;
  }

  /** Takes up what a closed tab left behind, in the order in which it was first started. */
  async resumeInterrupted(): Promise<void> {
    const runs = await this.surroundings.store.runs.list();
    const interrupted = runs.filter(({ status }) => status === 'running' || status === 'queued');
    for (const run of interrupted.sort((a, b) => a.createdAt - b.createdAt)) await this.start(run.spec);
  }

  pause(id: string): void {
    this.find(id).control.pause();
  }

  step(id: string): void {
    this.find(id).control.step();
  }

  resume(id: string): void {
    this.find(id).control.resume();
  }

  /** Asks a run to end at its next step boundary and waits until it has. */
  async stop(id: string): Promise<void> {
    const run = this.find(id);
    run.control.stop();
    run.abort.abort(new DOMException('stopped by the person', 'AbortError'));
    await run.done;
  }

  /** Stops everything that is queued, running or paused. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.active.keys()].map((id) => this.stop(id)));
  }

  private find(id: string): ActiveRun {
    const run = this.active.get(id);
    if (!run)
      throw new Error(`run ${id} is not active: it has ended or was never started; press Run to start it`);
    return run;
  }

  private fresh(id: string, spec: RunSpec): RunRecord {
    const now = Date.now();
    return {
      id,
      spec,
      status: 'queued',
      done: 0,
      total: totalWork(spec),
      createdAt: now,
      updatedAt: now,
      seconds: 0,
      error: null,
      environment: {},
      facts: {},
    };
  }

  private launch(record: RunRecord): void {
    const reporter = new RunReporter(record, this.surroundings);
    const abort = new AbortController();
    const control = new RunControl(this.turn, async (paused) =>
      reporter.status(paused ? 'paused' : 'running'),
    );
    const done = this.drive(record.spec, reporter, control, abort.signal).finally(() =>
      this.active.delete(record.id),
    );
    this.active.set(record.id, { control, abort, done });
    reporter.announce();
  }

  /** From queued to its end; every way out leaves a status and, for a failure, a message. */
  private async drive(
    spec: RunSpec,
    reporter: RunReporter,
    control: RunControl,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await waitForParent(spec, this.surroundings.store, (id) => this.active.get(id)?.done, signal);
      await control.enter();
      if (control.stopped) return await reporter.status('stopped');
      await reporter.status(await this.executeWithRecovery(spec, reporter, control, signal));
    } catch (error) {
      if (signal.aborted) await reporter.status('stopped');
      else await reporter.status('failed', error instanceof Error ? error.message : String(error));
    } finally {
      control.leave();
    }
  }

  private async executeWithRecovery(
    spec: RunSpec,
    reporter: RunReporter,
    control: RunControl,
    signal: AbortSignal,
  ) {
    const { store, resources } = this.surroundings;
    for (let recoveries = 0, doneBefore = -1; ;) {
      try {
        const gpu = await this.surroundings.gpu();
        await reporter.begin(this.surroundings.environment());
        const context: RunContext = {
          id: reporter.id,
          gpu,
          store,
          resources,
          control,
          signal,
          ...reporter.methods(),
        };
        return await executeRun(spec, context);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        recoveries = reporter.done > doneBefore ? 1 : recoveries + 1;
        doneBefore = reporter.done;
        if (recoveries > maximumRecoveries) {
          throw new Error(
            `${error.message} It was lost ${recoveries} times without a step in between. Close other GPU-heavy tabs, ` +
              'use a smaller batch, or update the graphics driver; then press Run to go on from the last checkpoint.',
          );
        }
        reporter.methods().activity('the GPU was lost; starting again from the last checkpoint');
      }
    }
  }
}

/** Keeps one run's record up to date, in the store and for whoever watches. */
class RunReporter {
  private readonly meter = new ProgressMeter();
  private what = 'waiting for its turn';
  private startedAt: number | undefined;

  constructor(
    private record: RunRecord,
    private readonly surroundings: QueueSurroundings,
  ) {}

  get id(): string {
    return this.record.id;
  }

  get done(): number {
    return this.record.done;
  }

  async begin(environment: Readonly<Record<string, unknown>>): Promise<void> {
    this.meter.restart();
    this.startedAt = performance.now();
    await this.put({ status: 'running', environment, error: null });
  }

  async status(status: RunStatus, error: string | null = null): Promise<void> {
    this.meter.restart();
    if (status !== 'running') this.what = status;
    await this.put({ status, error });
  }

  methods(): Pick<RunContext, 'activity' | 'facts' | 'progress' | 'rows'> {
    return {
      activity: (text) => {
        this.what = text;
        this.announce();
      },
      facts: (facts) => {
        this.record = { ...this.record, facts: { ...this.record.facts, ...facts } };
      },
      progress: async (done, total, tokens, steps = []) => {
        this.meter.add(done, tokens);
        if (steps.length > 0) await this.surroundings.store.putSteps(steps);
        await this.put({ done, total }, steps);
      },
      rows: async (rows) => {
        await this.surroundings.store.putRows(this.id, rows);
        this.surroundings.onRows(this.id, rows);
      },
    };
  }

  announce(steps: readonly StepRecord[] = []): void {
    const { id: run, status, done, total, spec, error } = this.record;
    this.surroundings.onProgress({
      run,
      status,
      done,
      total,
      unit: spec.kind === 'evaluate' ? 'items' : 'steps',
      activity: this.what,
      tokensPerSecond: status === 'running' ? this.meter.tokensPerSecond() : null,
      secondsLeft: status === 'running' ? this.meter.secondsLeft(total) : null,
      error,
      steps,
    });
  }

  private async put(change: Partial<RunRecord>, steps: readonly StepRecord[] = []): Promise<void> {
    const now = performance.now();
    const worked = this.startedAt === undefined ? 0 : (now - this.startedAt) / 1000;
    this.startedAt = (change.status ?? this.record.status) === 'running' ? now : undefined;
    this.record = { ...this.record, ...change, seconds: this.record.seconds + worked, updatedAt: Date.now() };
    await this.surroundings.store.runs.put(this.record);
    this.announce(steps);
  }
}
