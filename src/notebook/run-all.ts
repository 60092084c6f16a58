/** Run all: every cell, first to last in the order of needs, each awaited; a failure stops only what depends on it. */
import type { CellOutcome, CellState } from './cell-state.ts';
import type { NotebookRuntime } from './runtime.ts';

/**
 * Runs the notebook and resolves with how every code cell ended, in the order in which they ran. A person's Stop ends
 * it: the cells not reached count as stopped.
 */
export async function runAll(runtime: NotebookRuntime): Promise<readonly CellOutcome[]> {
  const since = performance.now();
  const outcomes = new Map<number, CellOutcome>();
  for (const id of runtime.order) {
    const outcome = await runOnce(runtime, id, since);
    outcomes.set(id, outcome);
    if (outcome.status === 'stopped') break;
  }
  await runtime.quiet();
  return runtime.order.map((id) => finalOutcome(runtime.state(id), outcomes.get(id)));
}

/** A cheap cell that has run by itself since the beginning, because a cell above it did, need not run twice. */
function runOnce(runtime: NotebookRuntime, id: number, since: number): Promise<CellOutcome> {
  const { expensive, execution, status } = runtime.state(id);
  const ran =
    execution !== null && execution.startedAt >= since && !execution.superseded && status !== 'stale';
  return ran && !expensive ? execution.outcome : runtime.run(id);
}

/** A cheap cell may have run again since: what counts is how it stands at the end. */
function finalOutcome(
  { cell, status, problem, seconds }: CellState,
  outcome: CellOutcome | undefined,
): CellOutcome {
  if (outcome === undefined) return { cell: cell.id, status: 'stopped', seconds: 0, message: 'not reached' };
  if (outcome.status !== 'done' || status !== 'error') return outcome;
  return { cell: cell.id, status: 'error', seconds: seconds ?? 0, message: problem?.message ?? null };
}
