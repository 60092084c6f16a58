/** Keeps one run's record up to date, in the store and for whoever watches. */
import type { EvaluationRow } from '../evaluation/row.ts';
import type { ExperimentStore } from './experiment-store.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { RunContext } from './run-context.ts';
import type { RunProgress, RunRecord, RunStatus, StepRecord } from './run.ts';

export interface ReportSinks {
  readonly store: ExperimentStore;
  readonly onProgress: (progress: RunProgress) => void;
  readonly onRows: (run: string, rows: readonly EvaluationRow[]) => void;
}

/** What a running run may say of itself. */
export type RunReports = Pick<RunContext, 'activity' | 'environment' | 'facts' | 'progress' | 'rows'>;

const units = { pretrain: 'steps', finetune: 'steps', evaluate: 'items', import: 'bytes' } as const;

export class RunReporter {
  private readonly meter = new ProgressMeter();
  private what = 'waiting for its turn';
  private startedAt: number | undefined;

  constructor(
    private current: RunRecord,
    private readonly sinks: ReportSinks,
  ) {}

  get record(): RunRecord {
    return this.current;
  }

  /** The work begins, for the first time or again after the device was lost. */
  async begin(environment: Readonly<Record<string, unknown>>): Promise<void> {
    this.meter.restart();
    await this.put({ status: 'running', environment, error: null });
  }

  async status(status: RunStatus, error: string | null = null): Promise<void> {
    if (status === this.current.status && error === this.current.error) return;
    this.meter.restart();
    await this.put({ status, error });
  }

  methods(): RunReports {
    return {
      activity: (text) => {
        this.what = text;
        this.announce();
      },
      environment: (found) => {
        this.current = { ...this.current, environment: { ...this.current.environment, ...found } };
      },
      facts: (facts) => {
        this.current = { ...this.current, facts: { ...this.current.facts, ...facts } };
      },
      progress: async (done, total, tokens, steps = []) => {
        this.meter.add(done, tokens);
        if (steps.length > 0) await this.sinks.store.putSteps(steps);
        await this.put({ done, total }, steps);
      },
      rows: async (rows) => {
        await this.sinks.store.putRows(this.current.id, rows);
        this.sinks.onRows(this.current.id, rows);
      },
    };
  }

  announce(steps: readonly StepRecord[] = []): void {
    const { id: run, status, done, total, spec, error } = this.current;
    this.sinks.onProgress({
      run,
      status,
      done,
      total,
      unit: units[spec.kind],
      activity: this.activity(),
      tokensPerSecond: status === 'running' ? this.meter.tokensPerSecond() : null,
      secondsLeft: status === 'running' ? this.meter.secondsLeft(total) : null,
      error,
      steps,
    });
  }

  /** What it does while it runs; else how it stands. */
  private activity(): string {
    const { status } = this.current;
    if (status === 'queued') return 'waiting for its turn';
    return status === 'running' ? this.what : status;
  }

  /** Announced even where the browser refuses to store it: whoever looks at the run must hear how it ended. */
  private async put(change: Partial<RunRecord>, steps: readonly StepRecord[] = []): Promise<void> {
    const now = performance.now();
    const worked = this.startedAt === undefined ? 0 : (now - this.startedAt) / 1000;
    this.startedAt = (change.status ?? this.current.status) === 'running' ? now : undefined;
    const seconds = this.current.seconds + worked;
    this.current = { ...this.current, ...change, seconds, updatedAt: Date.now() };
    try {
      await this.sinks.store.runs.put(this.current);
    } finally {
      this.announce(steps);
    }
  }
}
