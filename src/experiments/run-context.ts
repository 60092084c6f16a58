/** What a run is given while it runs. */
import type { Gpu } from '../gpu/device.ts';
import type { EvaluationRow } from '../evaluation/row.ts';
import type { RunControl } from './run-control.ts';
import type { StepRecord } from './run.ts';
import type { ExperimentStore } from './experiment-store.ts';
import type { Resources } from './resources.ts';

/** What work that needs no GPU is given. */
export interface WorkContext {
  readonly id: string;
  readonly store: ExperimentStore;
  readonly resources: Resources;
  readonly control: RunControl;
  /** Aborts when the run is stopped. */
  readonly signal: AbortSignal;
  /** Says what the run is doing now, in words. */
  readonly activity: (text: string) => void;
  /** Adds to what is recorded of where and on what the run ran. */
  readonly environment: (found: Readonly<Record<string, unknown>>) => void;
  /** Notes what is worth showing beside the run. */
  readonly facts: (facts: Readonly<Record<string, number | string>>) => void;
  /** Reports work done: steps or items, tokens so far, and what the steps measured. */
  readonly progress: (
    done: number,
    total: number,
    tokens: number,
    steps?: readonly StepRecord[],
  ) => Promise<void>;
  /** Stores and announces evaluation rows: all that the run has so far. */
  readonly rows: (rows: readonly EvaluationRow[]) => Promise<void>;
}

export interface RunContext extends WorkContext {
  /** What an earlier session recorded of where and on what the run ran; empty for a new run. */
  readonly recorded: Readonly<Record<string, unknown>>;
  readonly gpu: Gpu;
}

/** How a run's execution came back: all done, or ended early because it was asked to stop. */
export type RunOutcome = 'finished' | 'stopped';
