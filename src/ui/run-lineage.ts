/** Runs as a tree by what they start from: pre-training or import → checkpoint → fine-tune → evaluation. */
import type { RunView } from './run-view.ts';

export type LineageNode = RunNode | CheckpointNode;
export interface RunNode {
  readonly kind: 'run';
  /** The run's id. */
  readonly key: string;
  readonly view: RunView;
  readonly children: readonly LineageNode[];
}
export interface CheckpointNode {
  readonly kind: 'checkpoint';
  /** `run@step`. */
  readonly key: string;
  readonly step: number;
  /** Whether the run has passed this step, so that the weights are kept. */
  readonly kept: boolean;
  readonly children: readonly LineageNode[];
}

/**
 * Roots are pre-training runs and imports, newest first, and any run whose origin is no longer here.
 * A checkpoint stands in the tree when the spec names it or something starts from it.
 */
export function lineage(views: Iterable<RunView>): readonly LineageNode[] {
  const all = [...views];
  const known = new Set(all.map((view) => view.record.id));
  const childrenOf = new Map<string, RunView[]>();
  const roots: RunView[] = [];
  for (const view of all) {
    const origin = originOf(view);
    if (origin && known.has(origin.run) && origin.run !== view.record.id)
      childrenOf.set(keyOf(origin), [...(childrenOf.get(keyOf(origin)) ?? []), view]);
    else roots.push(view);
  }
  return roots
    .sort((a, b) => b.record.createdAt - a.record.createdAt)
    .map((view) => runNode(view, childrenOf));
}

function originOf({ record: { spec } }: RunView): { readonly run: string; readonly step: number } | null {
  if (spec.kind === 'pretrain' || spec.kind === 'import') return null;
  return spec.kind === 'finetune' ? spec.from : spec.checkpoint;
}

function keyOf({ run, step }: { readonly run: string; readonly step: number }): string {
  return `${run}@${step}`;
}

function runNode(view: RunView, childrenOf: ReadonlyMap<string, RunView[]>): RunNode {
  const { record } = view;
  const started = [...childrenOf.keys()]
    .filter((key) => key.startsWith(`${record.id}@`))
    .map((key) => Number(key.slice(record.id.length + 1)));
  // A fine-tune's evaluations hang below it directly: it has one interesting checkpoint, its last.
  const { spec } = record;
  if (spec.kind !== 'pretrain' && spec.kind !== 'import') {
    const below = started.sort((a, b) => a - b).flatMap((step) => childrenOf.get(`${record.id}@${step}`)!);
    return {
      kind: 'run',
      key: record.id,
      view,
      children: sortSiblings(below).map((each) => runNode(each, childrenOf)),
    };
  }
  const named = spec.kind === 'import' ? spec.revisions.map(({ step }) => step) : spec.checkpoints;
  const steps = [...new Set([...named, ...started])].sort((a, b) => a - b);
  const done = view.progress?.done ?? record.done;
  const status = (view.progress ?? record).status;
  // Of an import, bytes say how much is there and not which step.
  const isKept = (step: number): boolean =>
    spec.kind === 'import' ? status === 'finished' : step < done || (step === done && record.seconds > 0);
  const children = steps.map((step): CheckpointNode => {
    const key = keyOf({ run: record.id, step });
    const below = sortSiblings(childrenOf.get(key) ?? []).map((each) => runNode(each, childrenOf));
    return {
      kind: 'checkpoint',
      key,
      step,
      kept: isKept(step),
      children: below,
    };
  });
  return { kind: 'run', key: record.id, view, children };
}

/** Fine-tunes before evaluations, then by task: the order of a study, not of the clock. */
function sortSiblings(views: readonly RunView[]): readonly RunView[] {
  const rank = ({ record: { spec } }: RunView): string =>
    `${spec.kind === 'finetune' ? 0 : 1} ${'task' in spec ? spec.task : ''}`;
  return [...views].sort((a, b) => rank(a).localeCompare(rank(b)) || a.record.createdAt - b.record.createdAt);
}
