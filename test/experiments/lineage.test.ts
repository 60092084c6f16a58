import { describe, expect, it } from 'vitest';
import { ExperimentStore } from '../../src/experiments/experiment-store.ts';
import { parentOf, traceLineage } from '../../src/experiments/lineage.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import { freshDatabase } from '../checkpoints/storage-fixtures.ts';
import { evaluate, finetune, pretrain, recordOf } from './fixtures.ts';

const root = pretrain();
const tune = finetune({ run: runId(root), step: 3 });
const retune = finetune({ run: runId(tune), step: 2 }, { task: 'factbook' });
const evaluation = evaluate({ run: runId(retune), step: 2 });

describe('lineage', () => {
  it('names the checkpoint a run starts from', () => {
    expect([root, tune, evaluation].map(parentOf)).toEqual([
      null,
      { run: runId(root), step: 3 },
      { run: runId(retune), step: 2 },
    ]);
  });

  it('goes back through a chain of tunes, oldest first', async () => {
    const store = new ExperimentStore(await freshDatabase());
    const inputs = { 'file:notes.txt': '0123456789abcdef' };
    await store.runs.put(recordOf(root, { environment: { inputs } }));
    await store.runs.put(recordOf(tune));
    await store.runs.put(recordOf(retune));
    const lineage = await traceLineage(evaluation.checkpoint, store);
    expect(lineage.root).toEqual({ spec: root, checkpoint: { run: runId(root), step: 3 }, inputs });
    expect(lineage.tunes.map(({ spec }) => spec.task)).toEqual(['spam', 'factbook']);
    expect(await traceLineage({ run: runId(root), step: 6 }, store)).toMatchObject({ tunes: [] });
  });

  it('says which run is missing, and that an evaluation has no weights', async () => {
    const store = new ExperimentStore(await freshDatabase());
    await store.runs.put(recordOf(retune));
    await store.runs.put(recordOf(evaluation));
    await expect(traceLineage(evaluation.checkpoint, store)).rejects.toThrow(
      `run ${runId(tune)} is not kept in this browser`,
    );
    await expect(traceLineage({ run: runId(evaluation), step: 0 }, store)).rejects.toThrow(
      'is an evaluation and has no weights',
    );
  });
});
