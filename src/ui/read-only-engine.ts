/** The engine of a second tab: everything may be read, nothing started, changed or removed. */
import type { Engine, Method } from '../worker/protocol.ts';

const reading: ReadonlySet<Method> = new Set<Method>([
  'engine.info',
  'datasets.list',
  'datasets.preview',
  'tasks.list',
  'tasks.preview',
  'runs.get',
  'runs.list',
  'runs.steps',
  'runs.performance',
  'rows.list',
  'checkpoints.list',
  'checkpoints.export',
  'notebooks.list',
  'notebooks.get',
  'storage.estimate',
]);

export function readOnly(engine: Engine): Engine {
  return {
    subscribe: (listener) => engine.subscribe(listener),
    request: (method, params) =>
      reading.has(method)
        ? engine.request(method, params)
        : Promise.reject(
            new Error(
              `${method}: this tab only reads: amuro is open in another tab. Close that one and reload this one`,
            ),
          ),
  };
}
