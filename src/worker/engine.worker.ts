/** The engine worker's entry: requests in, replies and events out. */
/// <reference lib="webworker" />
import { EngineService } from './engine-service.ts';
import type { EngineMessage, Request } from './protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

const post = (message: EngineMessage): void => self.postMessage(message);

/** The datasets lie beside the app's index.html: the dev server serves it at the root, a build beside `assets/`. */
const datasetsUrl = new URL(import.meta.env.DEV ? '/datasets/' : '../datasets/', import.meta.url).href;
const service = EngineService.open({ datasetsUrl, emit: (event) => post({ event }) });

self.addEventListener('message', ({ data: { id, method, params } }: MessageEvent<Request>) => {
  service
    .then((engine) => engine.answer(method, params))
    .then(
      (result) => post({ id, result }),
      (error: unknown) => {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        post({ id, error: { name, message } });
      },
    );
});
