/** A run as the page shows it: its record, joined with what it reports while it works. */
import type { RunProgress, RunRecord, RunStatus } from '../experiments/run.ts';
import type { EvaluateSpec, ModelSpec, RunSpec } from '../experiments/spec.ts';
import { formatBytes, formatCount, formatDuration } from './quantities.ts';

export interface RunView {
  readonly record: RunRecord;
  /** The latest report, null before the first one of this session. */
  readonly progress: RunProgress | null;
  /** Spec of the run whose checkpoint this one evaluates, where it is known. */
  readonly parent?: RunSpec | null;
}

/** What a person may ask of a run. */
export type RunAction = 'pause' | 'step' | 'resume' | 'stop' | 'remove';

/** The newer of what the record and the reports say. */
export function standing({ record, progress }: RunView): {
  readonly status: RunStatus;
  readonly done: number;
  readonly total: number;
  readonly error: string | null;
} {
  const latest = progress ?? record;
  return {
    status: latest.status,
    done: latest.done,
    total: latest.total,
    error: latest.error ?? record.error,
  };
}

const statusWords: Readonly<Record<RunStatus, string>> = {
  queued: 'waiting',
  running: 'running',
  paused: 'paused',
  stopped: 'stopped',
  finished: 'finished',
  failed: 'failed',
};

export function statusWord(status: RunStatus): string {
  return statusWords[status];
}

/** Actions that make sense now; the card and the tree offer exactly these. */
export function actionsFor({ record, progress }: RunView): readonly RunAction[] {
  const status = (progress ?? record).status;
  const { kind } = record.spec;
  const trains = kind === 'pretrain' || kind === 'finetune';
  switch (status) {
    case 'queued':
      return ['stop'];
    case 'running':
      return kind === 'evaluate' ? ['stop'] : ['pause', 'stop'];
    case 'paused':
      return trains ? ['resume', 'step', 'stop'] : ['resume', 'stop'];
    case 'stopped':
      return ['resume', 'remove'];
    case 'failed':
      return ['resume', 'remove'];
    case 'finished':
      return ['remove'];
  }
}

const familyNames: Readonly<Record<string, string>> = {
  gpt_neox: 'GPT-NeoX',
  llama: 'Llama',
  olmo: 'OLMo',
  olmo2: 'OLMo 2',
  open_lm: 'OpenLM',
};

export function familyName(family: string): string {
  return familyNames[family] ?? family;
}

/** Family and size: layers × width. */
function modelName({ family, layers, width }: ModelSpec): string {
  return `${familyName(family)} ${layers} × ${formatCount(width)}`;
}

/** As `runTitle`, where what a run starts from is already said, as in a tree. */
export function shortRunTitle(spec: RunSpec): string {
  switch (spec.kind) {
    case 'pretrain':
      return `${modelName(spec.model)} · ${formatCount(spec.steps)} steps`;
    case 'finetune':
      return `Fine-tune: ${spec.task}`;
    case 'evaluate':
      return `Evaluate: ${spec.task}`;
    case 'import':
      return spec.repository;
  }
}

/**
 * One line that tells runs apart: what is done, to what, how long.
 * @param parent the spec of the run whose checkpoint is evaluated, where it is known: it says whether that one is tuned.
 */
export function runTitle(spec: RunSpec, parent: RunSpec | null = null): string {
  switch (spec.kind) {
    case 'pretrain':
      return `Pre-train ${modelName(spec.model)}, ${formatCount(spec.steps)} steps`;
    case 'finetune':
      return `Fine-tune on ${spec.task} from step ${formatCount(spec.from.step)}`;
    case 'evaluate':
      return `Evaluate ${spec.task} at ${evaluatedName(spec, parent)}`;
    case 'import':
      return `Import ${spec.repository}${spec.revisions.length > 1 ? `, ${spec.revisions.length} revisions` : ''}`;
  }
}

/** The spec of the run that an evaluation's checkpoint comes from, when that run is among these. */
export function parentAmong({ record: { spec } }: RunView, runs: readonly RunView[]): RunSpec | null {
  if (spec.kind !== 'evaluate') return null;
  return runs.find(({ record }) => record.id === spec.checkpoint.run)?.record.spec ?? null;
}

/** `step 64, base` or `step 64, tuned on spam`: the step is always that of pre-training, as in the figures. */
function evaluatedName({ checkpoint }: EvaluateSpec, parent: RunSpec | null): string {
  if (parent?.kind === 'finetune') return `step ${formatCount(parent.from.step)}, tuned on ${parent.task}`;
  return `step ${formatCount(checkpoint.step)}${parent ? ', base' : ''}`;
}

/** `120 of 256 steps · 34 s left · 12,340 tokens/s · training`, as much of it as is known. */
export function progressText(view: RunView): string {
  const { record, progress } = view;
  const { done, total, status } = standing(view);
  const unit = progress?.unit ?? (record.spec.kind === 'evaluate' ? 'items' : 'steps');
  if (record.spec.kind === 'import') return importText(view);
  const parts = [`${formatCount(done)} of ${formatCount(total)} ${unit}`];
  if (status === 'running' && progress) {
    if (progress.secondsLeft !== null) parts.push(`${formatDuration(progress.secondsLeft)} left`);
    if (progress.tokensPerSecond !== null)
      parts.push(`${formatCount(Math.round(progress.tokensPerSecond))} tokens/s`);
    if (progress.activity) parts.push(progress.activity);
  } else if (record.seconds > 0) parts.push(`${formatDuration(record.seconds)} of work`);
  return parts.join(' · ');
}

/** `120 MB of 340 MB · 12 MB/s · 18 s left · downloading step512, 3 of 12`. */
function importText(view: RunView): string {
  const { record, progress } = view;
  const { done, total, status } = standing(view);
  // Until the hub has said how many bytes there are, the total is one.
  const parts =
    total > 1
      ? [status === 'finished' ? formatBytes(total) : `${formatBytes(done)} of ${formatBytes(total)}`]
      : [];
  if (status === 'running' && progress) {
    const { secondsLeft, activity } = progress;
    if (secondsLeft !== null && secondsLeft > 0 && total > done) {
      parts.push(`${formatBytes((total - done) / secondsLeft)}/s`, `${formatDuration(secondsLeft)} left`);
    }
    if (activity) parts.push(activity);
  } else if (record.seconds > 0) parts.push(`${formatDuration(record.seconds)} of work`);
  return parts.join(' · ');
}
