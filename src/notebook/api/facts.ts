/** `facts`: what is worth knowing of a run besides its curves. */
import type { RunRecord } from '../../experiments/run.ts';
import type { Builtin } from '../builtins.ts';
import type { RunHandle } from '../run-handle.ts';

export const facts: Builtin<(run: RunHandle) => Promise<RunRecord['facts']>> = {
  signature: 'await facts(run)',
  doc: 'What a run found out before it trained: parameters, ln(vocabulary), unigram entropy, training tokens, memory. Empty before it has begun.',
  bind: (cell) => async (run) => (await cell.engine.request('runs.get', { run: run.id }))?.facts ?? {},
};
