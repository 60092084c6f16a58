/** One tab of amuro at a time may train and write: two would overwrite each other's notebooks and share one GPU. */

const LOCK = 'amuro';

export interface TabClaim {
  /** Whether this tab may write. */
  readonly held: boolean;
  /** Resolves when the tab that may write is closed, and this one has taken its place. */
  readonly turn: Promise<void>;
}

/**
 * Claim the right to write until the page goes away.
 * `locks` is `navigator.locks`. Where the browser has none (plain http), every tab writes: there is no WebGPU there either.
 */
export async function claimTab(locks: LockManager | undefined): Promise<TabClaim> {
  if (!locks) return { held: true, turn: Promise.resolve() };
  const held = await new Promise<boolean>((answer) => {
    void locks.request(LOCK, { ifAvailable: true }, (lock) => {
      answer(lock !== null);
      return lock ? untilPageEnds() : undefined;
    });
  });
  if (held) return { held, turn: Promise.resolve() };
  const turn = new Promise<void>((begin) => {
    void locks.request(LOCK, () => {
      begin();
      return untilPageEnds();
    });
  });
  return { held, turn };
}

function untilPageEnds(): Promise<never> {
  return new Promise(() => {});
}
