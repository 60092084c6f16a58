/** What runs need kept: records, steps, rows and checkpoints, over the database of `checkpoints/`. */
import { z } from 'zod';
import {
  loadCheckpoint,
  listCheckpoints,
  saveCheckpoint,
  type Checkpoint,
  type CheckpointSummary,
  type NewCheckpoint,
} from '../checkpoints/checkpoint.ts';
import { stepsOf, type Database } from '../checkpoints/database.ts';
import {
  collection,
  listRows,
  listSteps,
  putRows,
  putSteps,
  type Collection,
} from '../checkpoints/records.ts';
import { deleteCheckpoint, deleteRun, dropMoments } from '../checkpoints/removal.ts';
import { evaluationRowSchema, type EvaluationRow } from '../evaluation/row.ts';
import type { RunRecord, StepRecord } from './run.ts';
import { runSpecSchema, type CheckpointReference } from './spec.ts';

const runRecordSchema = z.looseObject({
  id: z.string(),
  spec: runSpecSchema,
  status: z.enum(['queued', 'running', 'paused', 'stopped', 'finished', 'failed']),
  done: z.number(),
  total: z.number(),
});
const stepRecordSchema = z.looseObject({ run: z.string(), step: z.number(), loss: z.number() });

export class ExperimentStore {
  readonly runs: Collection<RunRecord>;

  constructor(readonly database: Database) {
    this.runs = collection(database, 'runs', (value) => runRecordSchema.parse(value) as unknown as RunRecord);
  }

  /** Deletes a run with its steps, rows and checkpoints; shards that others share stay. */
  async removeRun(id: string): Promise<void> {
    await deleteRun(this.database, id);
  }

  async putSteps(steps: readonly StepRecord[]): Promise<void> {
    await putSteps(this.database, steps);
  }

  readSteps(run: string): Promise<StepRecord[]> {
    return listSteps(this.database, run, (value) => stepRecordSchema.parse(value) as unknown as StepRecord);
  }

  /** Forgets what was measured after `step`: a run that resumes there measures it again. */
  async dropStepsAfter(run: string, step: number): Promise<void> {
    const end: IDBValidKey = stepsOf(run).upper as IDBValidKey;
    await this.database.delete('steps', IDBKeyRange.bound([run, step], end, true));
  }

  putRows(run: string, rows: readonly EvaluationRow[]): Promise<void> {
    return putRows(this.database, run, rows);
  }

  /** Rows of these runs; of all runs when `runs` is empty. */
  readRows(runs: readonly string[]): Promise<EvaluationRow[]> {
    return listRows(
      this.database,
      (value) => evaluationRowSchema.parse(value),
      runs.length > 0 ? runs : undefined,
    );
  }

  saveCheckpoint(checkpoint: NewCheckpoint): Promise<CheckpointSummary> {
    return saveCheckpoint(this.database, checkpoint);
  }

  loadCheckpoint(reference: CheckpointReference): Promise<Checkpoint> {
    return loadCheckpoint(this.database, reference);
  }

  listCheckpoints(run: string): Promise<CheckpointSummary[]> {
    return listCheckpoints(this.database, run);
  }

  /** After a save: keeps moments of the newest checkpoint only, and drops checkpoints that were only for resuming. */
  async prune(run: string, kept: readonly number[]): Promise<void> {
    const checkpoints = await this.listCheckpoints(run);
    const newest = checkpoints.at(-1)?.step;
    for (const { step } of checkpoints) {
      if (step !== newest && !kept.includes(step)) await deleteCheckpoint(this.database, { run, step });
    }
    await dropMoments(this.database, run, 1);
  }

  /** When a run has finished: no moments, and only the checkpoints its spec asks for. */
  async settle(run: string, kept: readonly number[]): Promise<void> {
    await dropMoments(this.database, run, 0);
    for (const { step } of await this.listCheckpoints(run)) {
      if (!kept.includes(step)) await deleteCheckpoint(this.database, { run, step });
    }
  }
}
