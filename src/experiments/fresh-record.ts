/** The record of a run that was just asked for the first time. */
import { totalWork } from './execute-run.ts';
import type { RunRecord } from './run.ts';
import type { RunSpec } from './spec.ts';

export function freshRecord(id: string, spec: RunSpec): RunRecord {
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
