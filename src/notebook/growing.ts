/** A list that grows, as an async iterable: the list so far at once, then again whenever it has changed. */

/** No more often than this, so that a figure that redraws keeps the page free. */
const SHORTEST_INTERVAL_MS = 200;

/**
 * Yields `read()` now and after changes, until `isComplete()`; what it yields last is complete.
 * @param subscribe calls back on every change until the function it returns is called.
 */
export function growing<T>(
  subscribe: (listener: () => void) => () => void,
  read: () => readonly T[],
  isComplete: () => boolean,
  signal: AbortSignal,
): AsyncIterable<readonly T[]> {
  return {
    async *[Symbol.asyncIterator]() {
      let wake: () => void = () => undefined;
      let changed = true;
      const leave = subscribe(() => {
        changed = true;
        wake();
      });
      try {
        for (let last: readonly T[] | null = null; !signal.aborted;) {
          const complete = isComplete();
          changed = false;
          const now = read();
          if (last === null || now.length !== last.length || complete) yield (last = now);
          if (complete) return;
          await new Promise((resolve) => setTimeout(resolve, SHORTEST_INTERVAL_MS));
          if (!changed) await nextWake((resolve) => (wake = resolve), signal);
        }
      } finally {
        leave();
      }
    },
  };
}

function nextWake(setWake: (resolve: () => void) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setWake(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
