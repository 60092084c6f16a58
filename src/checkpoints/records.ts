/**
 * Plain records in the database: runs, notebooks and files by id, steps and rows by run. This folder does not know
 * what they hold: the caller passes the parser that what is read must pass.
 */
import { stepsOf, transact, type Database, type StepKey } from './database.ts';

/** Returns the value as what it should be, or throws. A zod schema's `parse` is one. */
export type Parser<T> = (value: unknown) => T;

export interface Collection<T extends { readonly id: string }> {
  get(id: string): Promise<T | undefined>;
  list(): Promise<T[]>;
  put(record: T): Promise<void>;
  /** Reads, changes and writes in one transaction, so that two tabs never undo each other's changes. */
  update(id: string, change: (record: T) => T): Promise<T>;
  remove(id: string): Promise<void>;
}

/** The records of one store that has ids, read through `parse`. */
export function collection<T extends { readonly id: string }>(
  database: Database,
  store: 'runs' | 'notebooks' | 'files',
  parse: Parser<T>,
): Collection<T> {
  const checked = (record: { readonly id: string }): T => parsed(store, record.id, record, parse);
  return {
    async get(id) {
      const record = await database.get(store, id);
      return record === undefined ? undefined : checked(record);
    },
    async list() {
      return (await database.getAll(store)).map(checked);
    },
    async put(record) {
      await database.put(store, record);
    },
    update(id, change) {
      return transact(database, [store], async (transaction) => {
        const objectStore = transaction.objectStore(store);
        const record = await objectStore.get(id);
        if (record === undefined)
          throw new RangeError(`update ${store}: no record ${id}, got none, expected one`);
        const changed = change(checked(record));
        await objectStore.put(changed);
        return changed;
      });
    },
    async remove(id) {
      await database.delete(store, id);
    },
  };
}

/** Adds steps to runs. A step that is there already (a resumed run measures it again) is replaced. */
export async function putSteps(database: Database, steps: readonly StepKey[]): Promise<void> {
  await transact(database, ['steps'], async (transaction) => {
    const store = transaction.objectStore('steps');
    await Promise.all(steps.map((step) => store.put(step)));
  });
}

/** The steps of a run in their order. */
export async function listSteps<T extends StepKey>(
  database: Database,
  run: string,
  parse: Parser<T>,
): Promise<T[]> {
  const steps = await database.getAll('steps', stepsOf(run));
  return steps.map((step) => parsed('steps', `${step.run}@${step.step}`, step, parse));
}

/** Replaces the rows that a run has produced. */
export async function putRows(database: Database, run: string, rows: readonly unknown[]): Promise<void> {
  await database.put('rows', rows, run);
}

/** The rows of these runs, in the order of `runs`; of all runs when it is left out. */
export async function listRows<T>(
  database: Database,
  parse: Parser<T>,
  runs?: readonly string[],
): Promise<T[]> {
  const transaction = database.transaction('rows');
  const keys = runs ?? (await transaction.store.getAllKeys());
  const found = await Promise.all(keys.map((run) => transaction.store.get(run)));
  return found.flatMap((rows, index) => (rows ?? []).map((row) => parsed('rows', keys[index]!, row, parse)));
}

/** What `key` names, made by `make` the first time and kept. `parse` guards against what an older version kept. */
export async function cached<T>(
  database: Database,
  key: string,
  parse: Parser<T>,
  make: () => Promise<T>,
): Promise<T> {
  const found = await database.get('cache', key);
  if (found !== undefined) {
    try {
      return parse(found);
    } catch {
      // Kept in another form than today's: made again below, which replaces it.
    }
  }
  const made = await make();
  await database.put('cache', made, key);
  return made;
}

function parsed<T>(store: string, key: string, value: unknown, parse: Parser<T>): T {
  try {
    return parse(value);
  } catch (cause) {
    throw new TypeError(
      `read ${store}: record ${key} does not have the expected form (${String(cause)}); delete it`,
      { cause },
    );
  }
}
