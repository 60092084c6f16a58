/** What a performance card asks of whoever holds the engine, and the answer. */
import type { RunPerformance } from '../experiments/run-performance.ts';
import type { Engine } from '../worker/protocol.ts';

export type PerformanceMethod = 'runs.performance' | 'runs.profile' | 'runs.tune';

/** Bubbles through shadow roots; whoever takes it prevents its default and gives `answer` the promise of the result. */
export type PerformanceRequest = CustomEvent<{
  readonly run: string;
  readonly method: PerformanceMethod;
  readonly answer: (answer: Promise<RunPerformance>) => void;
}>;

export function answerPerformance(engine: Engine, event: PerformanceRequest): void {
  const { run, method, answer } = event.detail;
  event.preventDefault();
  event.stopPropagation();
  answer(engine.request(method, { run }));
}

declare global {
  interface HTMLElementEventMap {
    'performance-request': PerformanceRequest;
  }
}
