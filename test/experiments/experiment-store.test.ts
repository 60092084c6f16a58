import { describe, expect, it } from 'vitest';
import { ExperimentStore } from '../../src/experiments/experiment-store.ts';
import { freshDatabase } from '../checkpoints/storage-fixtures.ts';
import { pretrain, recordOf, saveCheckpoint } from './fixtures.ts';

async function freshStore(): Promise<ExperimentStore> {
  return new ExperimentStore(await freshDatabase());
}

function stepOf(run: string, step: number, loss: number) {
  return { run, step, loss, gradNorm: 1, learningRate: 1, tokens: step };
}

describe('the experiment store', () => {
  it('drops what was measured after a step, of that run only', async () => {
    const store = await freshStore();
    await store.putSteps([1, 2, 3].flatMap((step) => [stepOf('a', step, step), stepOf('b', step, step)]));
    await store.dropStepsAfter('a', 1);
    expect((await store.readSteps('a')).map(({ step }) => step)).toEqual([1]);
    expect((await store.readSteps('b')).map(({ step }) => step)).toEqual([1, 2, 3]);
    await store.putSteps([stepOf('b', 2, 9)]);
    expect((await store.readSteps('b')).map(({ loss }) => loss)).toEqual([1, 9, 3]);
  });

  it('keeps moments of the newest checkpoint only, and drops those that were only for resuming', async () => {
    const store = await freshStore();
    for (const step of [0, 3, 5]) await saveCheckpoint(store, 'a', step);
    await store.prune('a', [0, 3, 6]);
    const after = await store.listCheckpoints('a');
    expect(after.map(({ step, resumable }) => [step, resumable])).toEqual([
      [0, false],
      [3, false],
      [5, true],
    ]);
    await saveCheckpoint(store, 'a', 6);
    await store.prune('a', [0, 3, 6]);
    expect((await store.listCheckpoints('a')).map(({ step }) => step)).toEqual([0, 3, 6]);
    await store.settle('a', [0, 6]);
    expect((await store.listCheckpoints('a')).map(({ step, resumable }) => [step, resumable])).toEqual([
      [0, false],
      [6, false],
    ]);
    expect(await store.hasCheckpoint({ run: 'a', step: 6 })).toBe(true);
    expect(await store.hasCheckpoint({ run: 'a', step: 3 })).toBe(false);
  });

  it('tells who listens of every checkpoint, until they leave', async () => {
    const store = await freshStore();
    const heard: string[] = [];
    const leave = store.onCheckpoint(({ run, step }) => heard.push(`${run}@${step}`));
    await saveCheckpoint(store, 'a', 1);
    leave();
    await saveCheckpoint(store, 'a', 2);
    expect(heard).toEqual(['a@1']);
  });

  it('lists a run whose spec is of an older form beside the others, and refuses what is no record', async () => {
    const store = await freshStore();
    await store.runs.put(recordOf(pretrain()));
    await store.database.put('runs', {
      ...recordOf(pretrain()),
      id: 'old',
      spec: { kind: 'pretrain', was: 'otherwise' },
    } as never);
    expect((await store.runs.list()).map(({ id }) => id)).toContain('old');
    await store.database.put('runs', { id: 'broken' });
    await expect(store.runs.get('broken')).rejects.toThrow(/record broken does not have the expected form/);
  });

  it('removes a run with its steps, rows and checkpoints, and no shard that another holds', async () => {
    const store = await freshStore();
    for (const run of ['a', 'b']) {
      await store.runs.put({ ...recordOf(pretrain()), id: run });
      await store.putSteps([stepOf(run, 1, 1)]);
      await saveCheckpoint(store, run, 1); // the same bytes
    }
    const shards = await store.database.count('shards');
    await store.removeRun('a');
    expect(await store.runs.get('a')).toBeUndefined();
    expect(await store.readSteps('a')).toEqual([]);
    expect(await store.listCheckpoints('a')).toEqual([]);
    expect(await store.database.count('shards')).toBe(shards);
    await store.removeRun('b');
    expect(await store.database.count('shards')).toBe(0);
  });
});
