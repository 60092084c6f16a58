/** The engine worker in a real browser: a whole small study through the protocol, on the browser's own adapter. */
import { describe, expect, it } from 'vitest';
import { finetuneSchema, evaluateSchema, pretrainSchema, type RunSpec } from '../../src/experiments/spec.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import type { RunProgress } from '../../src/experiments/run.ts';
import { connectEngine, type EngineConnection } from '../../src/worker/client.ts';

const corpora = [{ name: 'state-of-the-union', maxBytes: 200_000 }];
const optimizer = { learningRate: 3e-3, warmupSteps: 2 };
const pretrain = pretrainSchema.parse({
  kind: 'pretrain',
  model: { family: 'gpt_neox', layers: 1, width: 16, heads: 2 },
  data: { corpora, tokenizer: { vocabularySize: 300, corpora }, validationFraction: 0.2 },
  optimizer,
  batchSize: 2,
  contextLength: 32,
  steps: 12,
  checkpoints: [0, 4, 12],
  validation: { every: 6, batches: 1 },
});
const finetune = finetuneSchema.parse({
  kind: 'finetune',
  from: { run: runId(pretrain), step: 12 },
  task: 'spam',
  items: 8,
  batchSize: 4,
  contextLength: 64,
  optimizer,
});
const evaluations = [
  { run: runId(pretrain), step: 4 },
  { run: runId(finetune), step: 2 },
].map((checkpoint) =>
  evaluateSchema.parse({
    kind: 'evaluate',
    checkpoint,
    task: 'spam',
    items: 4,
    contextLength: 64,
    formats: ['default', 'io'],
  }),
);

function connect(): EngineConnection {
  return connectEngine(
    new Worker(new URL('../../src/worker/engine.worker.ts', import.meta.url), { type: 'module' }),
  );
}

/** Starts a run and resolves with its last report. */
async function finish(engine: EngineConnection, spec: RunSpec): Promise<RunProgress['status']> {
  const id = runId(spec);
  const ended = new Promise<RunProgress>((resolve) => {
    const stop = engine.subscribe((event) => {
      if (event.type !== 'progress' || event.progress.run !== id) return;
      if (!['finished', 'failed', 'stopped'].includes(event.progress.status)) return;
      stop();
      resolve(event.progress);
    });
  });
  const record = await engine.request('runs.start', { spec });
  if (record.status === 'finished') return 'finished';
  const { status, error } = await ended;
  expect(error).toBeNull();
  return status;
}

describe('the engine worker', () => {
  it('pre-trains, fine-tunes and evaluates, and does none of it twice', async () => {
    const engine = connect();
    const info = await engine.request('engine.start', {});
    expect(info.adapter).not.toBe('');
    await engine.request('storage.clear', {});
    for (const spec of [pretrain, finetune, ...evaluations])
      expect(await finish(engine, spec)).toBe('finished');

    const steps = await engine.request('runs.steps', { run: runId(pretrain) });
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(Math.abs(steps[0]!.loss / Math.log(300) - 1)).toBeLessThan(0.02);
    expect(
      steps.filter(({ validationLoss }) => validationLoss !== undefined).map(({ step }) => step),
    ).toEqual([6, 12]);
    const kept = await engine.request('checkpoints.list', { run: runId(pretrain) });
    expect(kept.map(({ step }) => step)).toEqual([0, 4, 12]);
    const rows = await engine.request('rows.list', { runs: evaluations.map(runId) });
    expect(rows.map(({ phase, shift, format, metric }) => `${phase} ${shift} ${format} ${metric}`)).toContain(
      'tuned ood io acc',
    );
    expect(
      rows.every(({ n, chance, step }) => n === 4 && chance === 0.5 && (step === 4 || step === 12)),
    ).toBe(true);

    engine.close('end of the first life');
    const again = connect();
    await again.request('engine.start', {});
    const progress: RunProgress[] = [];
    again.subscribe((event) => event.type === 'progress' && progress.push(event.progress));
    for (const spec of [pretrain, finetune, ...evaluations]) {
      expect((await again.request('runs.start', { spec })).status).toBe('finished');
    }
    expect(progress).toEqual([]);
    again.close('end of the test');
  });
});
