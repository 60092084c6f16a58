/** The real engine worker, driven through its protocol: connecting, following runs, and reading what they left. */
import { openSafetensors } from '../../src/checkpoints/safetensors.ts';
import { locateEntry, readZipDirectory } from '../../src/checkpoints/zip-directory.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import {
  pretrainSchema,
  type CheckpointReference,
  type PretrainSpec,
  type RunSpec,
} from '../../src/experiments/spec.ts';
import type { RunProgress, RunRecord } from '../../src/experiments/run.ts';
import { connectEngine, type EngineConnection } from '../../src/worker/client.ts';

const corpora = [{ name: 'state-of-the-union', maxBytes: 200_000 }];

/** A run of a few seconds on a software adapter, with checkpoints between which it can be interrupted. */
export function smallPretrain(change: Record<string, unknown> = {}): PretrainSpec {
  return pretrainSchema.parse({
    kind: 'pretrain',
    model: { family: 'gpt_neox', layers: 1, width: 16, heads: 2 },
    data: { corpora, tokenizer: { vocabularySize: 300, corpora }, validationFraction: 0.2 },
    optimizer: { learningRate: 3e-3, warmupSteps: 2 },
    batchSize: 2,
    contextLength: 32,
    steps: 90,
    checkpoints: [0, 10, 90],
    validation: { every: 30, batches: 1 },
    ...change,
  });
}

export function connect(): EngineConnection {
  const url = new URL('../../src/worker/engine.worker.ts', import.meta.url);
  return connectEngine(new Worker(url, { type: 'module' }));
}

/** A started engine with nothing stored. */
export async function freshEngine(): Promise<EngineConnection> {
  const engine = connect();
  await engine.request('engine.start', {});
  await engine.request('storage.clear', {});
  return engine;
}

/** Resolves with the first report of the run from now on that meets the condition. */
export function report(
  engine: EngineConnection,
  spec: RunSpec,
  condition: (report: RunProgress) => boolean,
): Promise<RunProgress> {
  return new Promise((resolve) => {
    const leave = engine.subscribe((event) => {
      if (event.type !== 'progress' || event.progress.run !== runId(spec) || !condition(event.progress))
        return;
      leave();
      resolve(event.progress);
    });
  });
}

export function hasEnded({ status }: RunProgress): boolean {
  return status === 'finished' || status === 'failed' || status === 'stopped';
}

/** Starts a run where it has not finished yet, and resolves with its record when it has ended. */
export async function run(engine: EngineConnection, spec: RunSpec): Promise<RunRecord> {
  const ended = report(engine, spec, hasEnded);
  const { status } = await engine.request('runs.start', { spec });
  if (status !== 'finished') await ended;
  return (await engine.request('runs.get', { run: runId(spec) }))!;
}

/** Everything a training run leaves behind, to compare two of them bit by bit. */
export async function traceOf(engine: EngineConnection, spec: PretrainSpec) {
  const id = runId(spec);
  const kept = await engine.request('checkpoints.list', { run: id });
  const weights = [];
  for (const { step } of kept) weights.push(await weightsOf(engine, { run: id, step }));
  const steps = await engine.request('runs.steps', { run: id });
  return { steps, kept: kept.map(({ step }) => step), weights };
}

/** A checkpoint's exported folder: file name → bytes. */
export async function exported(
  engine: EngineConnection,
  checkpoint: CheckpointReference,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const zip = await engine.request('checkpoints.export', { checkpoint });
  const file = { name: 'export.zip', bytes: zip };
  const entries = [...(await readZipDirectory(file)).values()];
  const files = entries.map(async (entry) => {
    const { start, end } = await locateEntry(file, entry);
    return [entry.name, new Uint8Array(await zip.slice(start, end).arrayBuffer())] as const;
  });
  return new Map(await Promise.all(files));
}

/** Tensor name → the bytes of its numbers in hex, of an exported `model.safetensors`. */
export async function weightsOf(
  engine: EngineConnection,
  checkpoint: CheckpointReference,
): Promise<Record<string, string>> {
  const bytes = (await exported(engine, checkpoint)).get('model.safetensors')!;
  const tensors = await openSafetensors({ name: 'model.safetensors', bytes: new Blob([bytes]) });
  const weights: Record<string, string> = {};
  for (const tensor of tensors) {
    let hex = '';
    for await (const piece of tensor.read()) hex += Array.from(piece, (byte) => byte.toString(16)).join(' ');
    weights[tensor.name] = hex;
  }
  return weights;
}
