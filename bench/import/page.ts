/**
 * The page of the import benchmark: hands the chosen file to a worker, as the app does with a dropped one. A shared
 * worker, because the tool that drives the browser watches the others, and keeps a copy of all they download.
 */
import type { Measured, Task } from './kinds.ts';

declare global {
  /** Resolves when the worker has loaded its code. */

  var prepared: Promise<void>;
  /** Does one task in the worker; called from Node. */
  function measure(task: Omit<Task, 'file'>): Promise<Measured>;
}

const { port } = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module' });

function answer<T extends object>(): Promise<T> {
  return new Promise((resolve, reject) => {
    port.onmessage = ({ data }: MessageEvent<T | { error: string }>) => {
      if ('error' in data) reject(new Error(data.error));
      else resolve(data);
    };
  });
}

globalThis.prepared = answer().then(() => {});
globalThis.measure = (task) => {
  const [file] = document.querySelector('input')!.files!;
  const measured = answer<Measured>();
  port.postMessage({ ...task, file });
  return measured;
};
