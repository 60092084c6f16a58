/** Deleting runs, checkpoints and moments. Only shards that nothing else holds are freed. */
import { stepsOf, transact, type Database } from './database.ts';
import { sealManifest, shardsOf, unsealManifest, type CheckpointReference } from './manifest.ts';
import { freeShards, shardStores } from './shards.ts';

/** Deletes one checkpoint. Does nothing when there is none. Returns how many shards were freed. */
export async function deleteCheckpoint(
  database: Database,
  { run, step }: CheckpointReference,
): Promise<number> {
  return transact(database, shardStores, async (transaction) => {
    const checkpoints = transaction.objectStore('checkpoints');
    const stored = await checkpoints.get([run, step]);
    await checkpoints.delete([run, step]);
    return freeShards(transaction, stored?.shards ?? []);
  });
}

/** Deletes a run with its steps, rows and checkpoints, all or nothing. Returns how many shards were freed. */
export async function deleteRun(database: Database, run: string): Promise<number> {
  const stores = ['runs', 'steps', 'rows', ...shardStores] as const;
  return transact(database, stores, async (transaction) => {
    const checkpoints = transaction.objectStore('checkpoints');
    const shards = (await checkpoints.getAll(stepsOf(run))).flatMap((stored) => stored.shards);
    await Promise.all([
      transaction.objectStore('runs').delete(run),
      transaction.objectStore('steps').delete(stepsOf(run)),
      transaction.objectStore('rows').delete(run),
      checkpoints.delete(stepsOf(run)),
    ]);
    return freeShards(transaction, shards);
  });
}

/**
 * Takes the moments and trainer states out of a run's checkpoints, except the newest `keep` that have them. Call it
 * after each save with 1 or 2 (one to fall back on should the newest be damaged), and with 0 when the run has finished.
 * Damaged manifests are left as they are. Returns how many shards were freed.
 */
export async function dropMoments(database: Database, run: string, keep: number): Promise<number> {
  const checkpoints = await database.getAll('checkpoints', stepsOf(run));
  let kept = 0;
  let freed = 0;
  for (const stored of checkpoints.reverse()) {
    const manifest = await unsealManifest(stored).catch(() => null);
    if (manifest === null || manifest.moments.length === 0) continue;
    if (kept++ < keep) continue;
    // Sealed before the transaction: awaiting a hash inside one would close it.
    const lighter = await sealManifest({ ...manifest, moments: [], trainer: null });
    freed += await transact(database, shardStores, async (transaction) => {
      const store = transaction.objectStore('checkpoints');
      const current = await store.get([stored.run, stored.step]);
      // Somebody saved this checkpoint anew meanwhile: its moments are not the ones that were to go.
      if (current?.digest !== stored.digest) return 0;
      await store.put(lighter);
      return freeShards(transaction, shardsOf(manifest));
    });
  }
  return freed;
}
