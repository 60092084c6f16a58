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
import { discardWrite } from '../checkpoints/pending-write.ts';
import { evaluationRowSchema, type EvaluationRow } from '../evaluation/row.ts';
import { writeNames } from './import-writes.ts';
import type { RunRecord, StepRecord } from './run.ts';
import type { CheckpointReference } from './spec.ts';

/** The spec is taken as it was stored: one that today's schemas refuse must not hide the other runs. */
const runRecordSchema = z.looseObject({
  id: z.string(),
  spec: z.looseObject({ kind: z.enum(['pretrain', 'finetune', 'evaluate', 'import']) }),
  status: z.enum(['queued', 'running', 'paused', 'stopped', 'finished', 'failed']),
  done: z.number(),
  total: z.number(),
});
const stepRecordSchema = z.looseObject({ run: z.string(), step: z.number(), loss: z.number() });

/** Where what was measured of a run's step is kept. */
export function performanceKey(run: string): string {
  return `performance ${run}`;
}

export class ExperimentStore {
  readonly runs: Collection<RunRecord>;
  private readonly listeners = new Set<(saved: CheckpointReference) => void>();

  constructor(readonly database: Database) {
    this.runs = collection(database, 'runs', (value) => runRecordSchema.parse(value) as unknown as RunRecord);
  }

  /** Deletes a run with its steps, rows and checkpoints, and what an import had begun; shards that others share stay. */
  async removeRun(id: string): Promise<void> {
    const spec = (await this.runs.get(id))?.spec;
    if (spec?.kind === 'import')
      for (const write of writeNames(spec)) await discardWrite(this.database, write);
    await deleteRun(this.database, id);
    await this.database.delete('cache', performanceKey(id));
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

  async saveCheckpoint(checkpoint: NewCheckpoint): Promise<CheckpointSummary> {
    const summary = await saveCheckpoint(this.database, checkpoint);
    this.announceCheckpoint(summary);
    return summary;
  }

  /** Tells those who wait for a checkpoint that it is there: for one saved by other means than this store. */
  announceCheckpoint(saved: CheckpointReference): void {
    for (const listener of this.listeners) listener(saved);
  }

  /** Calls back whenever a checkpoint was saved through this store, until the returned function is called. */
  onCheckpoint(listener: (saved: CheckpointReference) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether a checkpoint is there; it is not opened. */
  async hasCheckpoint({ run, step }: CheckpointReference): Promise<boolean> {
    return (await this.database.count('checkpoints', [run, step])) > 0;
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
