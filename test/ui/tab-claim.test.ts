/** Two tabs: one writes, the other waits for its turn. */
import { expect, it } from 'vitest';
import { claimTab } from '../../src/ui/tab-claim.ts';

/** The queue of one exclusive lock, as browsers keep it across tabs. */
function lockManager(): { readonly locks: LockManager; readonly release: () => void } {
  let held = false;
  let release = (): void => {};
  const waiting: (() => void)[] = [];
  const grant = (callback: (lock: object | null) => unknown): void => {
    held = true;
    callback({});
    release = () => {
      held = false;
      waiting.shift()?.();
    };
  };
  const request = (_name: string, ...rest: unknown[]): Promise<void> => {
    const callback = rest.at(-1) as (lock: object | null) => unknown;
    const { ifAvailable } = (rest.length > 1 ? rest[0] : {}) as LockOptions;
    if (!held) grant(callback);
    else if (ifAvailable) callback(null);
    else waiting.push(() => grant(callback));
    return new Promise(() => {});
  };
  return { locks: { request } as unknown as LockManager, release: () => release() };
}

it('lets the first tab write and the second only read until the first is gone', async () => {
  const { locks, release } = lockManager();
  const first = await claimTab(locks);
  const second = await claimTab(locks);
  expect([first.held, second.held]).toEqual([true, false]);
  let turn = false;
  void second.turn.then(() => (turn = true));
  await Promise.resolve();
  expect(turn).toBe(false);
  release();
  await second.turn;
  expect(turn).toBe(true);
});

it('lets a tab write where the browser has no locks', async () => {
  expect((await claimTab(undefined)).held).toBe(true);
});
