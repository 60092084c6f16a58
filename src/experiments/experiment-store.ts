/** What runs need kept: records, steps, rows and checkpoints. The worker implements it over IndexedDB, tests in memory. */
import type { EvaluationRow } from '../evaluation/row.ts';
import type { RunRecord, StepRecord } from './run.ts';
import type { CheckpointReference } from './spec.ts';

/** Named float32 tensors, handed over one at a time so that a model is never whole in memory twice. */
export type NamedTensors = AsyncIterable<readonly [name: string, data: Float32Array]>;

export interface CheckpointContent {
  /** Shapes by parameter name, in state-dict order. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly parameters: NamedTensors;
  /** AdamW's moments, only where training may go on from here. */
  readonly moments?: { readonly first: NamedTensors; readonly second: NamedTensors };
  /** transformers' config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokens: number;
}

export interface StoredCheckpoint {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokens: number;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  parameters(): NamedTensors;
  /** Null where only weights were kept. */
  moments(): { readonly first: NamedTensors; readonly second: NamedTensors } | null;
}

export interface ExperimentStore {
  getRun(id: string): Promise<RunRecord | undefined>;
  putRun(record: RunRecord): Promise<void>;
  listRuns(): Promise<RunRecord[]>;
  /** Deletes a run with its steps, rows and checkpoints. */
  removeRun(id: string): Promise<void>;

  putSteps(steps: readonly StepRecord[]): Promise<void>;
  readSteps(run: string): Promise<StepRecord[]>;
  /** Forgets what was measured after `step`: a run that resumes there measures it again. */
  dropStepsAfter(run: string, step: number): Promise<void>;

  putRows(run: string, rows: readonly EvaluationRow[]): Promise<void>;
  readRows(runs: readonly string[]): Promise<EvaluationRow[]>;

  saveCheckpoint(reference: CheckpointReference, content: CheckpointContent): Promise<void>;
  loadCheckpoint(reference: CheckpointReference): Promise<StoredCheckpoint>;
  /** Steps with a checkpoint of this run, rising; those with moments marked. */
  listCheckpoints(run: string): Promise<{ readonly step: number; readonly tokens: number; readonly resumable: boolean; readonly bytes: number }[]>;
  /** Drops moments of checkpoints before `step`, and checkpoints before it that are not in `kept`. */
  prune(run: string, step: number, kept: readonly number[]): Promise<void>;
}
