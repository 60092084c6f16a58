/**
 * The one message protocol of the engine worker: what the page (and, filtered, the notebook frame) may ask, and what
 * the engine reports. Plain data only: no tensor, GPU object or database handle ever crosses.
 *
 * A request is `{id, method, params}` and is answered once by `{id, result}` or `{id, error}`; events come unasked.
 */
import { z } from 'zod';
import {
  runSpecSchema,
  tokenizerSchema,
  corpusSchema,
  checkpointReferenceSchema,
  importSchema,
} from '../experiments/spec.ts';
import type { RunPerformance } from '../experiments/run-performance.ts';
import type { RunProgress, RunRecord, StepRecord } from '../experiments/run.ts';
import type { EvaluationRow } from '../evaluation/row.ts';
import { generateSchema, type Generation, type GenerationEvent } from './generation.ts';

const runId = z.object({ run: z.string().min(1) });

/** Parameter schemas by method; both ends validate with them. */
export const requestSchemas = {
  /** Start the engine: ask for an adapter and a device. Rejects with a message for the person if there is none. */
  'engine.start': z.object({}),
  'engine.info': z.object({}),
  /** Test button: destroy the GPU device as a driver crash would; running runs resume on a new one. */
  'engine.loseDevice': z.object({}),

  'datasets.list': z.object({}),
  'datasets.preview': z.object({ corpus: corpusSchema, documents: z.number().int().min(1).max(50) }),
  /** Keep a dropped file as a dataset named `file:NAME` (UTF-8 text, or JSONL with a `text` field). */
  'datasets.addFile': z.object({ name: z.string().min(1).max(200), bytes: z.instanceof(ArrayBuffer) }),
  'tokenizers.preview': z.object({ tokenizer: tokenizerSchema, text: z.string().max(100_000) }),
  'tokenizers.export': z.object({ tokenizer: tokenizerSchema }),
  'tasks.list': z.object({}),
  /** A few training items as prompts with their completions, in a format, for reading before any training. */
  'tasks.preview': z.object({
    task: z.string(),
    format: z.string(),
    items: z.number().int().min(1).max(50),
    seed: z.number().int(),
  }),

  /** A hub's repository as a trajectory. Contacts the hub. */
  'hub.revisions': importSchema.pick({ hub: true, repository: true }),
  /** Bytes of these commits' weights, with the model they are. Contacts the hub. */
  'hub.sizes': importSchema
    .pick({ hub: true, repository: true })
    .extend({ commits: z.array(z.string()).min(1).max(1000) }),
  /** Imports files of one's own (config.json, weights, tokenizer.json), a folder for each revision. */
  'models.addFiles': z.object({
    folder: z.string().min(1).max(200),
    revisions: z
      .array(
        z.object({
          name: z.string().min(1).max(200),
          files: z.array(z.object({ name: z.string().min(1).max(200), file: z.instanceof(Blob) })).max(500),
        }),
      )
      .min(1)
      .max(500),
  }),

  /** Queue a run. A finished run answers at once and trains nothing; an unfinished one resumes. */
  'runs.start': z.object({ spec: runSpecSchema }),
  'runs.pause': runId,
  /** One optimizer step, then paused again. */
  'runs.step': runId,
  'runs.resume': runId,
  'runs.stop': runId,
  'runs.get': runId,
  'runs.list': z.object({}),
  'runs.remove': runId,
  'runs.steps': runId,
  /** What was measured of a training run's step and of its kernels' variants. */
  'runs.performance': runId,
  /** Measure one step, at the run's next step boundary or when no run is at work; the run's bits stay what they are. */
  'runs.profile': runId,
  /** Measure the variants of the run's kernels on this adapter; runs that begin later take the fastest. */
  'runs.tune': runId,
  /** Rows of these runs (`evaluate` runs); all rows when empty. */
  'rows.list': z.object({ runs: z.array(z.string()) }),

  'checkpoints.list': runId,
  /** A zip that transformers loads with `from_pretrained`. */
  'checkpoints.export': z.object({ checkpoint: checkpointReferenceSchema }),
  /** Continue prompts with a checkpoint's weights; `generation` events of the same id report texts as they grow. */
  'models.generate': generateSchema,
  /** Ends a generation; `models.generate` rejects with an AbortError. One that has ended, or never was, is let be. */
  'models.stopGenerating': z.object({ id: z.string() }),

  'notebooks.list': z.object({}),
  'notebooks.get': z.object({ id: z.string() }),
  'notebooks.put': z.object({ id: z.string(), title: z.string(), source: z.string() }),
  'notebooks.remove': z.object({ id: z.string() }),

  'storage.estimate': z.object({}),
  /** Delete everything kept in this browser: runs, checkpoints, rows, notebooks, files. */
  'storage.clear': z.object({}),
} as const;

export type Method = keyof typeof requestSchemas;
export type Params<M extends Method> = z.input<(typeof requestSchemas)[M]>;

export interface EngineInfo {
  readonly adapter: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}
export interface DatasetInfo {
  readonly name: string;
  readonly title: string;
  readonly licence: string;
  readonly source: string;
  readonly documents: number;
  readonly bytes: number;
}
export interface DocumentPreview {
  readonly id: string;
  readonly text: string;
  readonly metadata: Readonly<Record<string, string | number>>;
}
export interface TokenPreview {
  readonly ids: readonly number[];
  readonly pieces: readonly string[];
  /** UTF-8 bytes per token. */
  readonly bytesPerToken: number;
}
export interface TaskInfo {
  readonly name: string;
  readonly title: string;
  readonly metric: string;
  readonly formats: readonly string[];
  readonly shifts: Readonly<Record<string, string>>;
  readonly chance: number;
  readonly licence: string;
}
export interface TaskItemPreview {
  readonly prompt: string;
  readonly completion: string;
}
export interface HubRevision {
  readonly name: string;
  readonly commit: string;
  /** Optimizer steps since the beginning of training. */
  readonly step: number;
  /** Null where nobody says. */
  readonly tokens: number | null;
  readonly stage: string | null;
  /** Which of several runs in the repository; null where it holds one. */
  readonly seed: string | null;
}
export interface RevisionSize {
  readonly commit: string;
  readonly bytes: number;
  readonly family: string;
  readonly parameters: number;
}
export interface CheckpointInfo {
  readonly run: string;
  readonly step: number;
  readonly tokens: number;
  readonly bytes: number;
}
export interface NotebookInfo {
  readonly id: string;
  readonly title: string;
  readonly updatedAt: number;
}
export interface StorageEstimate {
  readonly usage: number;
  readonly quota: number;
  readonly persisted: boolean;
  /** Bytes of checkpoint shards, each counted once however many checkpoints share it. */
  readonly shards: number;
}

export interface Results {
  'engine.start': EngineInfo;
  'engine.info': EngineInfo;
  'engine.loseDevice': null;
  'datasets.list': readonly DatasetInfo[];
  'datasets.preview': readonly DocumentPreview[];
  'datasets.addFile': DatasetInfo;
  'tokenizers.preview': TokenPreview;
  'tokenizers.export': string;
  'tasks.list': readonly TaskInfo[];
  'tasks.preview': readonly TaskItemPreview[];
  'hub.revisions': readonly HubRevision[];
  'hub.sizes': readonly RevisionSize[];
  'models.addFiles': RunRecord;
  'runs.start': RunRecord;
  'runs.pause': null;
  'runs.step': null;
  'runs.resume': null;
  'runs.stop': null;
  'runs.get': RunRecord | null;
  'runs.list': readonly RunRecord[];
  'runs.remove': null;
  'runs.steps': readonly StepRecord[];
  'runs.performance': RunPerformance;
  'runs.profile': RunPerformance;
  'runs.tune': RunPerformance;
  'rows.list': readonly EvaluationRow[];
  'checkpoints.list': readonly CheckpointInfo[];
  'checkpoints.export': Blob;
  'models.generate': Generation;
  'models.stopGenerating': null;
  'notebooks.list': readonly NotebookInfo[];
  'notebooks.get': (NotebookInfo & { readonly source: string }) | null;
  'notebooks.put': NotebookInfo;
  'notebooks.remove': null;
  'storage.estimate': StorageEstimate;
  'storage.clear': null;
}

/** What the engine reports unasked. */
export type EngineEvent =
  | { readonly type: 'progress'; readonly progress: RunProgress }
  | { readonly type: 'rows'; readonly run: string; readonly rows: readonly EvaluationRow[] }
  | {
      readonly type: 'device';
      readonly state: 'ready' | 'lost' | 'recovered' | 'unavailable';
      readonly message: string;
    }
  | { readonly type: 'storage'; readonly estimate: StorageEstimate }
  | GenerationEvent;

export interface Request<M extends Method = Method> {
  readonly id: number;
  readonly method: M;
  readonly params: Params<M>;
}
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
export type EngineMessage = Reply | { readonly event: EngineEvent };

/** The engine as its callers see it: the page over the worker's messages, the frame over the page's. */
export interface Engine {
  request<M extends Method>(method: M, params: Params<M>): Promise<Results[M]>;
  /** Calls back on every event until the returned function is called. */
  subscribe(listener: (event: EngineEvent) => void): () => void;
}

/** What a notebook's code may ask for through the page; everything else stays with the page. */
export const frameMethods = [
  'engine.info',
  'datasets.list',
  'datasets.preview',
  'tokenizers.preview',
  'tasks.list',
  'tasks.preview',
  'hub.revisions',
  'runs.start',
  'runs.pause',
  'runs.step',
  'runs.resume',
  'runs.stop',
  'runs.get',
  'runs.list',
  'runs.steps',
  'runs.performance',
  'runs.profile',
  'runs.tune',
  'rows.list',
  'checkpoints.list',
  'models.generate',
  'models.stopGenerating',
] as const satisfies readonly Method[];
