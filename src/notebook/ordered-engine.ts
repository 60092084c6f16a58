/** An engine whose runs end before they begin again: Run right after Stop, or after an edit, resumes instead of racing. */
import { runId } from '../experiments/spec-hash.ts';
import type { RunSpec } from '../experiments/spec.ts';
import type { Engine } from '../worker/protocol.ts';

/** The same engine; `runs.start` waits until a `runs.stop` of the same run that is under way has been answered. */
export function orderStops(engine: Engine): Engine {
  const stopping = new Map<string, Promise<unknown>>();
  return {
    subscribe: (listener) => engine.subscribe(listener),
    async request(method, params) {
      if (method === 'runs.start') await stopping.get(runId((params as { spec: RunSpec }).spec));
      const result = engine.request(method, params);
      if (method === 'runs.stop') {
        const { run } = params as { run: string };
        const ended = result.catch(() => undefined).then(() => stopping.delete(run));
        stopping.set(run, ended);
      }
      return result;
    },
  };
}
