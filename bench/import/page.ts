/**
 * The page of the import benchmark: hands the chosen file to a worker, as the app does with a dropped one. A shared
 * worker, because the tool that drives the browser watches the others, and keeps a copy of all they download.
 */
import type { Measured, Task } from './worker.ts';

declare global {
  /** Does one task in a worker of its own; called from Node. */
  function measure(task: Omit<Task, 'file'>): Promise<Measured>;
}

let count = 0;

globalThis.measure = (task) =>
  new Promise((resolve, reject) => {
    const name = `measure ${count++}`;
    const { port } = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name });
    const [file] = document.querySelector('input')!.files!;
    port.onmessage = ({ data }: MessageEvent<Measured | { error: string }>) => {
      if ('error' in data) reject(new Error(data.error));
      else resolve(data);
    };
    port.postMessage({ ...task, file });
  });
