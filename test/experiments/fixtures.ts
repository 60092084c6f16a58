/** Specs, stores, data and a queue with work made for the test, for testing experiments without a GPU. */
import { float32Sources } from '../../src/checkpoints/tensor-source.ts';
import type { GpuSpec } from '../../src/experiments/execute-run.ts';
import { ExperimentStore } from '../../src/experiments/experiment-store.ts';
import { ModelSources } from '../../src/experiments/model-sources.ts';
import { Resources } from '../../src/experiments/resources.ts';
import type { RunContext, RunOutcome } from '../../src/experiments/run-context.ts';
import { RunQueue } from '../../src/experiments/run-queue.ts';
import type { RunProgress, RunRecord } from '../../src/experiments/run.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import {
  evaluateSchema,
  finetuneSchema,
  pretrainSchema,
  type CheckpointReference,
  type EvaluateSpec,
  type FinetuneSpec,
  type PretrainSpec,
  type RunSpec,
} from '../../src/experiments/spec.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { freshDatabase } from '../checkpoints/storage-fixtures.ts';

/** The index of an app whose tasks' datasets have these contents. */
const index = ['spam-assassin', 'world-factbook'].map((name, at) => ({
  name,
  title: name,
  licence: 'CC0-1.0',
  source: 'a test',
  documents: 1,
  bytes: 1,
  sha256: String(at).repeat(64),
}));

/** Where `index.json` gives the index above; the rest of the URL is a fragment. */
export const datasetsUrl = `data:application/json,${encodeURIComponent(JSON.stringify(index))}#`;

export const corpora = [{ name: 'file:notes.txt' }];

export function pretrain(change: Record<string, unknown> = {}): PretrainSpec {
  return pretrainSchema.parse({
    kind: 'pretrain',
    model: { family: 'gpt_neox', layers: 1, width: 16, heads: 2 },
    data: { corpora, tokenizer: { vocabularySize: 260, corpora } },
    optimizer: { learningRate: 1e-3 },
    batchSize: 2,
    contextLength: 8,
    steps: 6,
    checkpoints: [0, 3, 6],
    ...change,
  });
}

export function finetune(from: CheckpointReference, change: Record<string, unknown> = {}): FinetuneSpec {
  const optimizer = { learningRate: 1e-3 };
  const sizes = { items: 4, batchSize: 2, contextLength: 32 };
  return finetuneSchema.parse({ kind: 'finetune', from, task: 'spam', optimizer, ...sizes, ...change });
}

export function evaluate(
  checkpoint: CheckpointReference,
  change: Record<string, unknown> = {},
): EvaluateSpec {
  const sizes = { items: 4, contextLength: 32 };
  return evaluateSchema.parse({ kind: 'evaluate', checkpoint, task: 'spam', ...sizes, ...change });
}

export function recordOf(spec: RunSpec, change: Partial<RunRecord> = {}): RunRecord {
  return {
    id: runId(spec),
    spec,
    status: 'finished',
    done: 0,
    total: 6,
    createdAt: 1,
    updatedAt: 1,
    seconds: 0,
    error: null,
    environment: {},
    facts: {},
    ...change,
  };
}

export async function saveCheckpoint(store: ExperimentStore, run: string, step: number): Promise<void> {
  const weights = float32Sources({ weight: { shape: [2], data: Float32Array.of(step, 1) } });
  const moments = float32Sources({ 'exp_avg.weight': { shape: [2], data: Float32Array.of(step, 2) } });
  await store.saveCheckpoint({ run, step, tokens: step, config: {}, trainer: { step }, weights, moments });
}

export function bytes(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer;
}

export interface TestQueue {
  readonly queue: RunQueue;
  readonly store: ExperimentStore;
  readonly resources: Resources;
  /** Every report, in order. */
  readonly reports: RunProgress[];
  /** Resolves when a report of the run meets the condition. */
  readonly until: (spec: RunSpec, condition: (report: RunProgress) => boolean) => Promise<RunProgress>;
  /** Resolves when the run has ended in any way, with its record. */
  readonly ended: (spec: RunSpec) => Promise<RunRecord>;
}

/** A queue whose runs do `execute`; the same `database` again is the next life of the same browser. */
export async function testQueue(
  execute: (spec: GpuSpec, context: RunContext) => Promise<RunOutcome>,
  options: {
    readonly database?: string;
    readonly gpu?: () => Promise<Gpu>;
    readonly models?: ModelSources;
  } = {},
): Promise<TestQueue> {
  const database = await freshDatabase(options.database);
  const store = new ExperimentStore(database);
  const resources = new Resources(database, datasetsUrl);
  const reports: RunProgress[] = [];
  const listeners = new Set<() => void>();
  const queue = new RunQueue({
    store,
    resources,
    models: options.models ?? new ModelSources({ retries: 2, retryDelay: 1, idleTimeout: 500 }),
    gpu: options.gpu ?? (() => Promise.resolve(livingGpu())),
    environment: () => ({ adapter: 'a test' }),
    onProgress: (report) => {
      reports.push(report);
      for (const listener of [...listeners]) listener();
    },
    onRows: () => undefined,
    execute,
  });
  const until: TestQueue['until'] = (spec, condition) => {
    const find = () => reports.findLast((report) => report.run === runId(spec) && condition(report));
    return new Promise((resolve) => {
      const look = () => {
        const found = find();
        if (!found) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
    });
  };
  const ended: TestQueue['ended'] = async (spec) => {
    const isLast = (report: RunProgress) => report === reports.findLast(({ run }) => run === runId(spec));
    await until(
      spec,
      (report) => isLast(report) && ['finished', 'stopped', 'failed'].includes(report.status),
    );
    return (await store.runs.get(runId(spec)))!;
  };
  return { queue, store, resources, reports, until, ended };
}

/** A device that is never lost. */
export function livingGpu(): Gpu {
  return { lost: new Promise(() => undefined) } as unknown as Gpu;
}

/** Work of six steps that comes to a boundary before each and notes them. */
export function stepping(taken: string[], onStep: () => Promise<void> = () => Promise.resolve()) {
  return async (spec: RunSpec, { control, progress }: RunContext): Promise<RunOutcome> => {
    for (let step = 1; step <= 6; step++) {
      if ((await control.boundary(() => Promise.resolve())) === 0) return 'stopped';
      await onStep();
      taken.push(`${runId(spec).slice(0, 2)}:${step}`);
      await progress(step, 6, step);
    }
    return 'finished';
  };
}
