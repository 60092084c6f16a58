/**
 * Checkpoints in the database: saved as a stream of tensors into shards and a manifest last, loaded as a stream of
 * verified tensors. A save that fails or is killed leaves no checkpoint and, once swept, no bytes.
 */
import { stepsOf, type Database } from './database.ts';
import { StorageFullError, WeightFileError } from './errors.ts';
import {
  sealManifest,
  sectionBytes,
  unsealManifest,
  type CheckpointReference,
  type Json,
  type Manifest,
} from './manifest.ts';
import { packTensors } from './packing.ts';
import { PendingWrite } from './pending-write.ts';
import { storedTensors } from './stored-tensors.ts';
import { explainStorageError } from './storage.ts';
import type { TensorSource } from './tensor-source.ts';

const minute = 60_000;
/** A save puts a shard every few seconds; one that has not for this long is dead. */
const saveExpiresAfter = 10 * minute;
/** An interrupted import waits this long to be taken up again. */
const importExpiresAfter = 7 * 24 * 60 * minute;

export interface NewCheckpoint {
  readonly run: string;
  readonly step: number;
  /** Tokens trained on so far. */
  readonly tokens: number;
  /** The model's config. */
  readonly config: Json;
  /** Checkpoints this one descends from, the nearest first. */
  readonly lineage?: readonly CheckpointReference[];
  /** What the trainer needs to go on exactly; null for a checkpoint that is only to be looked at or started from. */
  readonly trainer?: Json;
  readonly weights: readonly TensorSource[];
  /** Optimizer moments: only the checkpoint from which an unfinished run resumes needs them. */
  readonly moments?: readonly TensorSource[];
}

export interface SaveProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface SaveOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SaveProgress) => void;
  /**
   * Names what is being written, by content (`hub:repository@commit`). An interrupted save of this name keeps what it
   * has stored, and the next one goes on there. Give it up with `discardWrite`.
   */
  readonly resumeAs?: string;
}

export interface CheckpointSummary extends CheckpointReference {
  readonly tokens: number;
  readonly createdAt: number;
  readonly lineage: readonly CheckpointReference[];
  /** Bytes of its tensors; shards shared with other checkpoints are counted here too. */
  readonly bytes: number;
  /** Whether it holds moments and a trainer state, so that training can go on from it exactly. */
  readonly resumable: boolean;
}

export interface Checkpoint extends CheckpointSummary {
  readonly config: Json;
  readonly trainer: Json;
  /** Every read is verified: it throws CorruptShardError rather than yield a wrong byte. */
  readonly weights: readonly TensorSource[];
  /** Empty when they were not saved or have been dropped. */
  readonly moments: readonly TensorSource[];
}

/**
 * Saves a checkpoint; one of the same run and step is replaced at the moment the new one is whole.
 * @throws StorageFullError when it does not fit, the signal's reason when cancelled, what a tensor's source throws
 */
export async function saveCheckpoint(
  database: Database,
  checkpoint: NewCheckpoint,
  options: SaveOptions = {},
): Promise<CheckpointSummary> {
  const { resumeAs } = options;
  const totalBytes = bytesOf(checkpoint.weights) + bytesOf(checkpoint.moments ?? []);
  // Checked with the tensors left out, so that a state that cannot be stored fails before anything is written.
  await sealManifest(manifestOf(checkpoint, [], []));
  const keepFor = resumeAs === undefined ? saveExpiresAfter : importExpiresAfter;
  const write = await PendingWrite.open(database, resumeAs ?? `save ${crypto.randomUUID()}`, keepFor);
  let doneBytes = 0;
  const onBytes = (bytes: number): void =>
    options.onProgress?.({ doneBytes: (doneBytes += bytes), totalBytes });
  try {
    const packing = { signal: options.signal, onBytes };
    const weights = await packTensors(write, 'weights', checkpoint.weights, packing);
    const moments = await packTensors(write, 'moments', checkpoint.moments ?? [], packing);
    const manifest = manifestOf(checkpoint, weights, moments);
    await write.commit(await sealManifest(manifest));
    return summaryOf(manifest);
  } catch (error) {
    const explained = await explainStorageError('saveCheckpoint', totalBytes, error);
    // What was interrupted can go on; what can never succeed must not stay behind.
    const hopeless = explained instanceof StorageFullError || explained instanceof WeightFileError;
    if (resumeAs === undefined || hopeless) await write.discard();
    else await write.settle();
    throw explained;
  }
}

/**
 * Opens a checkpoint. Its tensors are read when they are iterated.
 * @throws RangeError when there is none, CorruptManifestError when its manifest is damaged
 */
export async function loadCheckpoint(
  database: Database,
  { run, step }: CheckpointReference,
): Promise<Checkpoint> {
  const stored = await database.get('checkpoints', [run, step]);
  if (stored === undefined) throw await missingCheckpoint(database, run, step);
  const manifest = await unsealManifest(stored);
  const { config, trainer } = manifest;
  const [weights, moments] = [manifest.weights, manifest.moments].map((entries) =>
    storedTensors(database, entries),
  );
  return { ...summaryOf(manifest), config, trainer, weights: weights!, moments: moments! };
}

/**
 * The checkpoints of a run by step. Damaged ones are left out unless `onDamaged` takes note of them, so that one of
 * them does not hide the others.
 */
export async function listCheckpoints(
  database: Database,
  run: string,
  onDamaged?: (reference: CheckpointReference, error: unknown) => void,
): Promise<CheckpointSummary[]> {
  const summaries: CheckpointSummary[] = [];
  for (const stored of await database.getAll('checkpoints', stepsOf(run))) {
    try {
      summaries.push(summaryOf(await unsealManifest(stored)));
    } catch (error) {
      onDamaged?.({ run: stored.run, step: stored.step }, error);
    }
  }
  return summaries;
}

function manifestOf(
  checkpoint: NewCheckpoint,
  weights: Manifest['weights'],
  moments: Manifest['moments'],
): Manifest {
  const { run, step, tokens, config, lineage = [], trainer = null } = checkpoint;
  const plainLineage = lineage.map((ancestor) => ({ run: ancestor.run, step: ancestor.step }));
  const createdAt = Date.now();
  return {
    format: 1,
    run,
    step,
    tokens,
    createdAt,
    lineage: plainLineage,
    config,
    trainer,
    weights,
    moments,
  };
}

function summaryOf(manifest: Manifest): CheckpointSummary {
  const { run, step, tokens, createdAt, lineage, weights, moments, trainer } = manifest;
  const bytes = sectionBytes(weights) + sectionBytes(moments);
  return { run, step, tokens, createdAt, lineage, bytes, resumable: moments.length > 0 && trainer !== null };
}

async function missingCheckpoint(database: Database, run: string, step: number): Promise<RangeError> {
  const keys = await database.getAllKeys('checkpoints', stepsOf(run));
  const steps = keys.map(([, kept]) => kept).join(', ');
  return new RangeError(
    `loadCheckpoint: no checkpoint ${run}@${step}, got step ${step}, ` +
      `expected ${steps === '' ? 'a run that has saved checkpoints' : `one of the steps ${steps}`}`,
  );
}

function bytesOf(sources: readonly TensorSource[]): number {
  return sources.reduce((sum, source) => sum + source.byteLength, 0);
}

export type { CheckpointReference, Json };
