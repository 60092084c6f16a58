/** `steps`: what a run has measured at its training steps so far. */
import type { StepRecord } from '../../experiments/run.ts';
import type { Builtin } from '../builtins.ts';
import { growing } from '../growing.ts';
import type { RunHandle } from '../run-handle.ts';
import { watchRun } from '../tracked-run.ts';

export const steps: Builtin<(run: RunHandle) => AsyncIterable<readonly StepRecord[]>> = {
  signature: 'steps(run)',
  doc: 'The training metrics of a run: step, loss (nats per token), gradNorm, learningRate, tokens, validationLoss. Starts nothing; in other cells its value is the array so far.',
  bind: (cell) => (handle) => {
    const listeners = new Set<() => void>();
    const run = watchRun(handle, cell.engine, () => listeners.forEach((listener) => listener()));
    cell.signal.addEventListener('abort', run.leave, { once: true });
    return growing(
      (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      () => run.tracked.steps,
      () => run.tracked.ended,
      cell.signal,
    );
  },
};
