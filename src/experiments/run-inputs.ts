/**
 * What a run reads besides its spec, by content. A spec names data; a dropped file may change behind its name. So a
 * run's record keeps the hashes of what it read, and it goes on only from the same.
 */
import { z } from 'zod';
import { findTask } from '../tasks/index.ts';
import type { Resources } from './resources.ts';
import type { RunInputs, RunRecord } from './run.ts';
import type { RunSpec } from './spec.ts';

const inputsSchema = z.record(z.string(), z.string());

/** The inputs a run of this spec would read now. */
export async function identifyInputs(spec: RunSpec, resources: Resources): Promise<RunInputs> {
  // A commit is its content.
  if (spec.kind === 'import') return {};
  if (spec.kind === 'pretrain') {
    const corpora = [...spec.data.corpora, ...spec.data.tokenizer.corpora];
    return resources.contentHashes(corpora.map(({ name }) => name));
  }
  const { name, dataset, version } = findTask(spec.task);
  return { ...(await resources.contentHashes([dataset])), [`task ${name}`]: `version ${version}` };
}

/** The inputs a run has read, or null for one that never began. */
export function recordedInputs({ environment }: RunRecord): RunInputs | null {
  return environment.inputs === undefined ? null : inputsSchema.parse(environment.inputs);
}

/** @throws Error naming what changed since the run began. */
export function requireSameInputs(run: string, before: RunInputs, now: RunInputs): void {
  const changed = Object.keys(now).filter((name) => before[name] !== now[name]);
  if (changed.length === 0) return;
  const list = changed.map(
    (name) => `${name} (now ${now[name]}, when the run began ${before[name] ?? 'not read'})`,
  );
  throw new Error(
    `resume: run ${run} began with other data: ${list.join(', ')}. Add the data it began with again, or remove the ` +
      'run to start it anew; what it has finished is kept until then.',
  );
}
