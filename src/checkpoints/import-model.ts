/** A model in a folder (dropped files or a hub's revision) as a checkpoint: streamed, resumable, whole or not at all. */
import { z } from 'zod';
import { readRange } from './byte-source.ts';
import { saveCheckpoint, type CheckpointSummary, type SaveOptions } from './checkpoint.ts';
import type { Database } from './database.ts';
import { floatWidths } from './dtype.ts';
import { WeightFileError } from './errors.ts';
import { finiteSource } from './finite-source.ts';
import type { Hub, HubFile } from './hub.ts';
import type { CheckpointReference, Json } from './manifest.ts';
import { discardWrite } from './pending-write.ts';
import { requireRoom } from './storage.ts';
import type { TensorSource } from './tensor-source.ts';
import { writtenBytes } from './write-notes.ts';
import { openWeights, weightFileNames, type FileTensor, type ModelFolder } from './weight-files.ts';

const maxConfigBytes = 2 ** 20;

export interface ImportTarget extends CheckpointReference {
  /** Tokens trained on at that step. */
  readonly tokens: number;
}

export interface AdoptedModel {
  readonly config: Json;
  readonly weights: readonly TensorSource[];
}

export interface ImportOptions extends SaveOptions {
  /**
   * Looks at the config and the tensors before any is read; returns what is kept of them (families have buffers to skip,
   * and some were published under other names) and throws when the model cannot be used. Without it the config and
   * every floating-point tensor are kept.
   */
  readonly adopt?: (config: Json, tensors: readonly FileTensor[]) => AdoptedModel;
}

/**
 * Imports a folder's model. What is NaN or infinite, or stands in no file as its index says, is refused.
 * @throws WeightFileError naming file and tensor, StorageFullError, HubError, the signal's reason, or what `adopt` throws;
 *   a part of the model stays behind only where `resumeAs` is given and going on may succeed
 */
export async function importFolder(
  database: Database,
  folder: ModelFolder,
  target: ImportTarget,
  { adopt = keepFloats, ...options }: ImportOptions = {},
): Promise<CheckpointSummary> {
  const { resumeAs } = options;
  const { config, weights } = await openModel(folder, adopt).catch(async (error: unknown) => {
    // What an earlier try has left would wait in vain.
    if (resumeAs !== undefined && isRefusal(error)) await discardWrite(database, resumeAs);
    throw error;
  });
  const stored = resumeAs === undefined ? 0 : await writtenBytes(database, resumeAs);
  await requireRoom('import', weights.reduce((sum, { byteLength }) => sum + byteLength, 0) - stored);
  return saveCheckpoint(database, { ...target, config, weights }, options);
}

async function openModel(
  folder: ModelFolder,
  adopt: NonNullable<ImportOptions['adopt']>,
): Promise<AdoptedModel> {
  const config = await readConfig(folder);
  return adopt(config, (await openWeights(folder)).map(finiteSource));
}

/** Whether an import failed by what it is, not by what may be better the next time: a network, a file, a full disk. */
export function isRefusal(error: unknown): boolean {
  return error instanceof WeightFileError || error instanceof RangeError || error instanceof TypeError;
}

/** Imports a hub's commit. An interrupted import goes on where it stopped when it is called again. */
export async function importRevision(
  database: Database,
  hub: Hub,
  source: { readonly repository: string; readonly commit: string },
  target: ImportTarget,
  options: Omit<ImportOptions, 'resumeAs'> = {},
): Promise<CheckpointSummary> {
  const { repository, commit } = source;
  const files = await hub.files(repository, commit, options.signal);
  const folder = hub.folder(repository, commit, files, options.signal);
  const resumeAs = importName(hub, repository, commit);
  return importFolder(database, folder, target, { ...options, resumeAs });
}

/** The name of an import's unfinished write, to give it up by `discardWrite`. */
export function importName(hub: Pick<Hub, 'address'>, repository: string, commit: string): string {
  return `import ${hub.address}/${repository}@${commit}`;
}

/** Bytes of the weight files of a hub's commit: what an import downloads, or somewhat more. */
export async function importBytes(hub: Hub, repository: string, commit: string): Promise<number> {
  const files = await hub.files(repository, commit);
  const names = new Set(await weightFileNames(hub.folder(repository, commit, files)));
  return files.filter(({ name }) => names.has(name)).reduce((sum, { size }: HubFile) => sum + size, 0);
}

function keepFloats(config: Json, tensors: readonly TensorSource[]): AdoptedModel {
  return { config, weights: tensors.filter(({ dtype }) => floatWidths[dtype] !== undefined) };
}

/** A folder's config.json. @throws WeightFileError when it is missing or no JSON object. */
export async function readConfig(folder: ModelFolder): Promise<Json> {
  const name = 'config.json';
  if (!folder.names.includes(name))
    throw new WeightFileError(name, null, 'missing, expected it beside the weights');
  const bytes = await folder.open(name);
  if (bytes.size > maxConfigBytes) {
    throw new WeightFileError(
      name,
      null,
      `too long, got ${bytes.size} bytes, expected at most ${maxConfigBytes}`,
    );
  }
  const text = new TextDecoder().decode(await readRange({ name, bytes }, 0, bytes.size));
  try {
    return z.record(z.string(), z.json()).parse(JSON.parse(text));
  } catch (cause) {
    throw new WeightFileError(name, null, 'not a JSON object', cause);
  }
}
