/** An engine for tests: runs do nothing until the test says so, every request is recorded. */
import type { EvaluationRow } from '../../src/evaluation/row.ts';
import type { RunProgress, RunRecord, RunStatus, StepRecord } from '../../src/experiments/run.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import type { RunSpec } from '../../src/experiments/spec.ts';
import type { Engine, EngineEvent, Method, Params, Results } from '../../src/worker/protocol.ts';

export class FakeEngine implements Engine {
  readonly requests: { method: Method; params: unknown }[] = [];
  readonly records = new Map<string, RunRecord>();
  readonly rows = new Map<string, EvaluationRow[]>();
  readonly steps = new Map<string, StepRecord[]>();
  /** Runs whose spec matches end as soon as they start. */
  finishAtOnce: (spec: RunSpec) => boolean = () => false;
  readonly #listeners = new Set<(event: EngineEvent) => void>();

  request<M extends Method>(method: M, params: Params<M>): Promise<Results[M]> {
    this.requests.push({ method, params });
    return Promise.resolve(this.#answer(method, params as never)) as Promise<Results[M]>;
  }

  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  asked(method: Method): unknown[] {
    return this.requests.filter((request) => request.method === method).map(({ params }) => params);
  }

  emit(event: EngineEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** A run's report; `finished`, `failed` and `stopped` are stored too. */
  report(run: string, status: RunStatus, changes: Partial<RunProgress> = {}): void {
    const record = this.records.get(run)!;
    this.records.set(run, { ...record, status, error: changes.error ?? null });
    const empty = {
      unit: 'steps',
      activity: '',
      tokensPerSecond: null,
      secondsLeft: null,
      error: null,
      steps: [],
    } as const;
    this.emit({ type: 'progress', progress: { run, status, done: 0, total: 1, ...empty, ...changes } });
  }

  #answer(method: Method, { spec, run, runs }: { spec: RunSpec; run: string; runs: string[] }): unknown {
    const answers: Partial<Record<Method, () => unknown>> = {
      'runs.start': () => this.#start(spec),
      'runs.get': () => this.records.get(run) ?? null,
      'runs.steps': () => this.steps.get(run) ?? [],
      'rows.list': () => runs.flatMap((each) => this.rows.get(each) ?? []),
      'runs.stop': () => queueMicrotask(() => this.records.has(run) && this.report(run, 'stopped')),
      'datasets.list': () => [{ name: 'moby-dick', title: 'Moby Dick' }],
    };
    return answers[method]?.() ?? null;
  }

  #start(spec: RunSpec): RunRecord {
    const id = runId(spec);
    const known = this.records.get(id);
    const status = known?.status === 'finished' || this.finishAtOnce(spec) ? 'finished' : 'running';
    const empty = { seconds: 0, error: null, environment: {}, facts: {}, createdAt: 0, updatedAt: 0 };
    const record: RunRecord = { id, spec, status, done: 0, total: 1, ...empty };
    this.records.set(id, record);
    return record;
  }
}

/** A row that measures `value` at a step; everything else is the same in all. */
export function row(step: number, value: number): EvaluationRow {
  return {
    run: 'r',
    checkpoint: `r@${step}`,
    step,
    tokens: step * 10,
    phase: 'base',
    method: 'none',
    trainTask: null,
    task: 'spam',
    split: 'test',
    shift: 'id',
    format: 'default',
    shots: 0,
    seed: 0,
    metric: 'accuracy',
    value,
    stderr: 0,
    ciLow: value,
    ciHigh: value,
    n: 10,
    chance: 0.5,
  };
}
