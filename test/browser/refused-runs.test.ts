/** Bad input through the real engine: a message that says what is wrong and what to do, and finished work stays. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runId } from '../../src/experiments/spec-hash.ts';
import { evaluateSchema, finetuneSchema, type RunSpec } from '../../src/experiments/spec.ts';
import type { EngineConnection } from '../../src/worker/client.ts';
import { freshEngine, run, smallPretrain } from './engine-harness.ts';

const good = smallPretrain({ steps: 4, checkpoints: [0, 2, 4], validation: null });
const from = { run: runId(good), step: 4 };
const optimizer = { learningRate: 1e-3 };
const tune = { kind: 'finetune', from, task: 'spam', items: 4, batchSize: 4, contextLength: 64, optimizer };
const { data, model } = good;
let engine: EngineConnection;

beforeAll(async () => {
  engine = await freshEngine();
  expect(await run(engine, good)).toMatchObject({ status: 'finished', error: null });
});

afterAll(() => engine.close('end of the tests'));

function text(content: string | Uint8Array<ArrayBuffer>): ArrayBuffer {
  return typeof content === 'string' ? new TextEncoder().encode(content).buffer : content.buffer;
}

function withCorpora(name: string, maxBytes: number | null = null): RunSpec {
  const corpora = [{ name, where: {}, maxBytes }];
  return { ...good, data: { ...data, corpora, tokenizer: { ...data.tokenizer, corpora } } };
}

describe('a run that cannot be', () => {
  it.each<[string, RunSpec, RegExp]>([
    [
      'a width that heads do not share',
      { ...good, model: { ...model, width: 15 } as never },
      /multiple of heads/,
    ],
    ['text shorter than its context', withCorpora('state-of-the-union', 900), /hold one out|too short/],
    [
      'a batch beyond the adapter',
      { ...good, batchSize: 4_000_000 },
      /memory: .* at least \d+ times smaller/,
    ],
    ['a plan beyond the adapter', { ...good, batchSize: 200_000 }, /memory: [^]*smaller batch/],
    ['a context beyond any tab', { ...good, contextLength: 1e9 }, /contextLength is too large/],
    ['an unknown dataset', withCorpora('moby-duck'), /no dataset "moby-duck", expected one of .*file:NAME/],
    ['a file never dropped', withCorpora('file:a.txt'), /no file a\.txt is kept here; drop it onto the page/],
    ['an unknown task', finetuneSchema.parse({ ...tune, task: 'chess' }), /unknown task, got "chess"/],
    [
      'a step not kept',
      finetuneSchema.parse({ ...tune, from: { ...from, step: 3 } }),
      /keeps the steps 0, 2, 4/,
    ],
    ['more items than there are', finetuneSchema.parse({ ...tune, items: 1e6 }), /1000000/],
    [
      'a context that no prompt fits',
      finetuneSchema.parse({ ...tune, contextLength: 4 }),
      /raise contextLength/,
    ],
  ])('fails with advice: %s', async (_, spec, message) => {
    const { status, error } = await run(engine, spec);
    expect(status).toBe('failed');
    expect(error).toMatch(message);
    expect(await engine.request('runs.get', { run: runId(spec) })).toMatchObject({ status: 'failed', error });
  });

  it('is refused before it is sent where its schema already says so', async () => {
    const tokenizer = { ...data.tokenizer, vocabularySize: 100 };
    const refused = engine.request('runs.start', { spec: { ...good, data: { ...data, tokenizer } } });
    await expect(refused).rejects.toThrow(/spec\.data\.tokenizer\.vocabularySize: .*>=257/);
  });

  it('leaves the engine able to work and finished runs as they were', async () => {
    expect(await engine.request('runs.get', { run: runId(good) })).toMatchObject({ status: 'finished' });
    const next = { ...good, seed: 5 };
    expect(await run(engine, next)).toMatchObject({ status: 'finished', error: null });
  });
});

describe('a run whose loss is no longer a number', () => {
  it('fails with the reason, and keeps its curve and the checkpoints before it', async () => {
    const spec = smallPretrain({
      steps: 40,
      checkpoints: [0, 1, 40],
      optimizer: { learningRate: 1e9, maxGradNorm: null },
    });
    const { status, error } = await run(engine, spec);
    expect(status).toBe('failed');
    expect(error).toMatch(/the loss is (NaN|-?Infinity|\d)[^]*Lower the learning rate/);
    const kept = await engine.request('checkpoints.list', { run: runId(spec) });
    expect(kept.map(({ step }) => step)).toEqual([0, 1]);
    const steps = await engine.request('runs.steps', { run: runId(spec) });
    expect(steps[0]!.step).toBe(1);
    expect(steps.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });
});

describe('a file that cannot be a dataset', () => {
  it.each([
    ['empty', text(''), /^a\.txt: empty dataset/],
    ['blank', text(' \n\n \n'), /^a\.txt: empty dataset/],
    [
      'not UTF-8',
      text(Uint8Array.of(0x68, 0x69, 0xff, 0x0a)),
      /^a\.txt: not UTF-8 text, got byte 0xFF at offset 2/,
    ],
  ])('is refused when it is %s', async (_, bytes, message) => {
    await expect(engine.request('datasets.addFile', { name: 'a.txt', bytes })).rejects.toThrow(message);
    const names = (await engine.request('datasets.list', {})).map(({ name }) => name);
    expect(names).not.toContain('file:a.txt');
  });

  it('is a dataset once it is text, and a model of it keeps its tokenizer when the text changes', async () => {
    const story = Array.from({ length: 40 }, (_, i) => `Day ${i}: the whale was seen ${i * i} times.`).join(
      '\n\n',
    );
    await engine.request('datasets.addFile', { name: 'a.txt', bytes: text(story) });
    const spec = withCorpora('file:a.txt');
    expect(await run(engine, spec)).toMatchObject({ status: 'finished', error: null });
    // Its text changes: the model's own tokenizer is still the one it is asked with.
    await engine.request('datasets.addFile', {
      name: 'a.txt',
      bytes: text(story.replaceAll('whale', 'squid')),
    });
    const checkpoint = { run: runId(spec), step: 4 };
    const evaluation = evaluateSchema.parse({
      kind: 'evaluate',
      checkpoint,
      task: 'spam',
      items: 2,
      contextLength: 64,
    });
    expect(await run(engine, evaluation)).toMatchObject({ status: 'finished', error: null });
    const other = { ...spec, steps: 5, checkpoints: [0, 5] } as RunSpec;
    expect(await run(engine, other)).toMatchObject({ status: 'finished', error: null });
  });
});
