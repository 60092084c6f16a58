/** Plain records: parsed when read, changed in one transaction, by run where they belong to one. */
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { freshDatabase } from './storage-fixtures.ts';
import { openDatabase, transact } from '../../src/checkpoints/database.ts';
import { cached, collection, listRows, listSteps, putRows, putSteps } from '../../src/checkpoints/records.ts';

const run = z.object({ id: z.string(), done: z.number() });
const step = z.object({ run: z.string(), step: z.number(), loss: z.number() });
const parseRun = (value: unknown) => run.parse(value);
const parseStep = (value: unknown) => step.parse(value);

describe('collection', () => {
  it('puts, gets, lists and removes', async () => {
    const runs = collection(await freshDatabase(), 'runs', parseRun);
    await runs.put({ id: 'a', done: 1 });
    await runs.put({ id: 'b', done: 2 });
    await runs.put({ id: 'a', done: 3 });
    expect(await runs.get('a')).toEqual({ id: 'a', done: 3 });
    expect(await runs.get('c')).toBeUndefined();
    await runs.remove('a');
    expect(await runs.list()).toEqual([{ id: 'b', done: 2 }]);
  });

  it('refuses a stored record of another form, naming it', async () => {
    const database = await freshDatabase();
    await database.put('runs', { id: 'old' });
    await expect(collection(database, 'runs', parseRun).list()).rejects.toThrow(/record old does not have/);
  });

  it('loses no update when many happen at once', async () => {
    const database = await freshDatabase();
    const runs = collection(database, 'runs', parseRun);
    await runs.put({ id: 'a', done: 0 });
    const increments = Array.from({ length: 20 }, () =>
      runs.update('a', ({ id, done }) => ({ id, done: done + 1 })),
    );
    await Promise.all(increments);
    expect(await runs.get('a')).toEqual({ id: 'a', done: 20 });
    await expect(runs.update('b', (record) => record)).rejects.toThrow(/no record b/);
  });
});

describe('steps and rows', () => {
  it('belong to one run and come in order', async () => {
    const database = await freshDatabase();
    const of = (id: string, number: number, loss: number) => ({ run: id, step: number, loss });
    await putSteps(database, [of('a', 10, 1), of('a', 2, 2), of('a', 1e9, 3), of('ab', 1, 4), of('Z', 1, 5)]);
    await putSteps(database, [of('a', 2, 6)]);
    expect((await listSteps(database, 'a', parseStep)).map(({ loss }) => loss)).toEqual([6, 1, 3]);
  });

  it('of rows are replaced whole and listed for some runs or all', async () => {
    const database = await freshDatabase();
    const parse = (value: unknown) => z.object({ value: z.number() }).parse(value).value;
    await putRows(database, 'a', [{ value: 1 }]);
    await putRows(database, 'a', [{ value: 2 }, { value: 3 }]);
    await putRows(database, 'b', [{ value: 4 }]);
    expect(await listRows(database, parse, ['b', 'none', 'a'])).toEqual([4, 2, 3]);
    expect(await listRows(database, parse)).toEqual([2, 3, 4]);
  });
});

describe('cached', () => {
  it('makes a value once, and again when it has another form than today', async () => {
    const database = await freshDatabase();
    const make = vi.fn(() => Promise.resolve('made'));
    const parse = (value: unknown) => z.string().parse(value);
    await database.put('cache', 7, 'key');
    expect(await cached(database, 'key', parse, make)).toBe('made');
    expect(await cached(database, 'key', parse, make)).toBe('made');
    expect(make).toHaveBeenCalledTimes(1);
  });
});

describe('the database', () => {
  it('undoes all of a transaction whose work throws, and throws what the work threw', async () => {
    const database = await freshDatabase();
    const work = transact(database, ['runs'], async (transaction) => {
      await transaction.objectStore('runs').put({ id: 'a' });
      throw new TypeError('no more');
    });
    await expect(work).rejects.toThrow(new TypeError('no more'));
    expect(await database.count('runs')).toBe(0);
  });

  it('gives way to a newer version of the app in another tab, and says so', async () => {
    const onClosed = vi.fn();
    const name = 'gives way';
    await openDatabase({ name, onClosed });
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(name, 99);
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
      request.onerror = () => reject(new Error('not opened'));
    });
    expect(onClosed).toHaveBeenCalledWith(expect.stringContaining('newer version'));
  });
});
