/** A run as stored and shown: its spec, where it stands, and what it has produced. Plain data. */
import type { RunSpec } from './spec.ts';

export type RunStatus =
  | 'queued'
  | 'running'
  | 'paused'
  /** Ended at a step boundary because the person asked; can be resumed. */
  | 'stopped'
  | 'finished'
  | 'failed';

/** What a run read besides its spec: dataset or task → its content hash or version. */
export type RunInputs = Readonly<Record<string, string>>;

/** A tab that closes mid-run leaves `running` behind: the next start resumes it from its last checkpoint. */
export interface RunRecord {
  readonly id: string;
  readonly spec: RunSpec;
  readonly status: RunStatus;
  /** Steps (training), requests (evaluation) or bytes (import) done and to do. */
  readonly done: number;
  readonly total: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Seconds of work so far, over all sessions. */
  readonly seconds: number;
  /** Why it failed, and what to do. */
  readonly error: string | null;
  /** Adapter, package versions, kernel variants chosen, `inputs` (RunInputs). */
  readonly environment: Readonly<Record<string, unknown>>;
  /** What is worth printing beside the run: unigram entropy, ln(vocabulary), parameters, memory table, … */
  readonly facts: Readonly<Record<string, number | string>>;
}

/** One line of `steps.jsonl`: what a training step measured. Losses are nats per token. */
export interface StepRecord {
  readonly run: string;
  /** Optimizer steps done when this was measured: 1 is the first update, whose loss is the untrained model's. */
  readonly step: number;
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Tokens trained on so far. */
  readonly tokens: number;
  readonly validationLoss?: number;
}

/** What a running run reports while it works. */
export interface RunProgress {
  readonly run: string;
  readonly status: RunStatus;
  readonly done: number;
  readonly total: number;
  readonly unit: 'steps' | 'items' | 'bytes';
  /** What it is doing now, in words: `compiling 31 kernels`, `training`, `saving checkpoint 64`. */
  readonly activity: string;
  readonly tokensPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly error: string | null;
  /** Steps measured since the last report. */
  readonly steps: readonly StepRecord[];
}
