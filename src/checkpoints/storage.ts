/** How much the browser stores and still grants, and what to make of its refusal. */
import type { Database } from './database.ts';
import { StorageFullError } from './errors.ts';

/** The part of `navigator.storage` that is used. */
export type StorageMeter = Pick<StorageManager, 'estimate' | 'persisted'>;

export interface StorageUse {
  /** Bytes this origin uses, and may use, by the browser's own estimate. */
  readonly usage: number;
  readonly quota: number;
  /** Whether the browser has promised not to evict it. */
  readonly persisted: boolean;
  /** Bytes of checkpoint shards, each counted once however many checkpoints hold it. */
  readonly shards: number;
}

export async function storageEstimate(
  database: Database,
  meter: StorageMeter = navigator.storage,
): Promise<StorageUse> {
  const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([meter.estimate(), meter.persisted()]);
  const shards = (await database.getAll('sizes')).reduce((sum, size) => sum + size, 0);
  return { usage, quota, persisted, shards };
}

/** Bytes the browser still grants, or null where it does not say (Node, very old browsers). */
export async function availableBytes(): Promise<number | null> {
  const manager = (globalThis.navigator as Partial<Navigator> | undefined)?.storage;
  const { usage, quota } = (await manager?.estimate()) ?? {};
  return usage === undefined || quota === undefined ? null : Math.max(0, quota - usage);
}

/**
 * Refuses what will certainly not fit before any of it is downloaded.
 * @throws StorageFullError
 */
export async function requireRoom(operation: string, needed: number): Promise<void> {
  const available = await availableBytes();
  if (available !== null && available < needed) throw new StorageFullError(operation, needed, available);
}

/** A browser's refusal for lack of space as a StorageFullError; any other error as it is. */
export async function explainStorageError(
  operation: string,
  needed: number,
  error: unknown,
): Promise<unknown> {
  // By name: newer browsers throw a QuotaExceededError that is no DOMException of that code.
  const isQuota =
    typeof error === 'object' && error !== null && 'name' in error && error.name === 'QuotaExceededError';
  if (!isQuota) return error;
  return new StorageFullError(operation, needed, await availableBytes().catch(() => null), error);
}
