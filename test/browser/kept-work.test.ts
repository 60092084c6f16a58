/** What finished work leaves, in a real browser: rows as they come, shards stored once, folders that others load. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvaluationRow } from '../../src/evaluation/row.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import { evaluateSchema, finetuneSchema, type FinetuneSpec } from '../../src/experiments/spec.ts';
import type { EngineConnection } from '../../src/worker/client.ts';
import {
  connect,
  exported,
  freshEngine,
  hasEnded,
  report,
  run,
  smallPretrain,
  weightsOf,
} from './engine-harness.ts';

const base = smallPretrain({ steps: 4, checkpoints: [0, 4], validation: null });
const from = { run: runId(base), step: 4 };
let engine: EngineConnection;

function tune(change: Record<string, unknown>): FinetuneSpec {
  const sizes = { items: 4, batchSize: 4, contextLength: 64 };
  const optimizer = { learningRate: 1e-3 };
  return finetuneSchema.parse({ kind: 'finetune', from, task: 'spam', optimizer, ...sizes, ...change });
}

beforeAll(async () => {
  engine = await freshEngine();
  expect(await run(engine, base)).toMatchObject({ status: 'finished', error: null });
});

afterAll(() => engine.close('end of the tests'));

describe('fine-tunes of one checkpoint', () => {
  it('share its shards where they leave its weights as they were, and store their own where not', async () => {
    const shards = async () => (await engine.request('storage.estimate', {})).shards;
    const before = await shards();
    // Too small a step to change any bit of an f32.
    const still = { learningRate: 1e-30, weightDecay: 0 };
    for (const seed of [1, 2])
      expect(await run(engine, tune({ seed, optimizer: still }))).toMatchObject({ error: null });
    expect(await shards()).toBe(before);
    const moved = tune({ seed: 3 });
    await run(engine, moved);
    const [kept] = await engine.request('checkpoints.list', { run: runId(moved) });
    const grown = (await shards()) - before;
    expect(grown).toBeGreaterThan(0);
    expect(grown).toBeLessThanOrEqual(kept!.bytes);
  });
});

describe('an evaluation', () => {
  const spec = evaluateSchema.parse({
    kind: 'evaluate',
    checkpoint: from,
    task: 'spam',
    items: 8,
    batchSize: 2,
    contextLength: 64,
  });

  it('gives its rows set by set, and does none of them again after its worker was killed', async () => {
    const seen: (readonly EvaluationRow[])[] = [];
    const someRows = new Promise<void>((resolve) => {
      engine.subscribe((event) => {
        if (event.type !== 'rows' || event.run !== runId(spec)) return;
        seen.push(event.rows);
        if (seen.length === 2) resolve();
      });
    });
    await engine.request('runs.start', { spec });
    await someRows;
    engine.close('killed by the test');
    const sets = (rows: readonly EvaluationRow[]) => [
      ...new Set(rows.map((row) => `${row.split} ${row.format}`)),
    ];
    expect(seen.map(sets)).toEqual([['test id default'], ['test id default', 'test id instruct']]);

    engine = connect();
    const doing = new Set<string>();
    engine.subscribe((event) => event.type === 'progress' && doing.add(event.progress.activity));
    const ended = report(engine, spec, hasEnded);
    await engine.request('engine.start', {});
    expect(await ended).toMatchObject({ status: 'finished', error: null, done: 48, total: 48 });
    expect(
      [...doing].filter((activity) => /held-out mails.*(default|instruct) format/.test(activity)),
    ).toEqual([]);
    const resumed = await engine.request('rows.list', { runs: [runId(spec)] });
    expect(sets(resumed)).toHaveLength(6);

    await engine.request('runs.remove', { run: runId(spec) });
    expect(await engine.request('rows.list', { runs: [runId(spec)] })).toEqual([]);
    expect(await run(engine, spec)).toMatchObject({ status: 'finished' });
    expect(await engine.request('rows.list', { runs: [runId(spec)] })).toEqual(resumed);
  });
});

describe('an exported checkpoint', () => {
  it('is the folder that transformers loads, with the weights as they are kept and a card of its lineage', async () => {
    const tuned = tune({ seed: 3 });
    await run(engine, tuned);
    const checkpoint = { run: runId(tuned), step: 1 };
    const folder = await exported(engine, checkpoint);
    expect([...folder.keys()].sort()).toEqual([
      'README.md',
      'config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const textOf = (name: string) => new TextDecoder().decode(folder.get(name));
    const json = (name: string) => JSON.parse(textOf(name)) as Record<string, unknown>;
    expect(json('config.json')).toMatchObject({ model_type: 'gpt_neox', hidden_size: 16, vocab_size: 300 });
    expect(json('tokenizer_config.json')).toMatchObject({ eos_token: '<|endoftext|>', model_max_length: 32 });
    expect(json('tokenizer.json')).toMatchObject({ model: { type: 'BPE' } });
    const card = textOf('README.md');
    expect(card).toContain(`From step 4 of run \`${runId(base)}\``);
    expect(card).toContain('"task": "spam"');
    expect(card).toContain('"kind": "pretrain"');
    const [ours, parents] = [await weightsOf(engine, checkpoint), await weightsOf(engine, from)];
    expect(Object.keys(ours)).toEqual(Object.keys(parents));
    expect(Object.keys(ours)).toContain('gpt_neox.embed_in.weight');
    expect(ours).not.toEqual(parents);
  });

  it('says which checkpoints there are when asked for one that is not', async () => {
    const missing = engine.request('checkpoints.export', { checkpoint: { ...from, step: 2 } });
    await expect(missing).rejects.toThrow(/expected one of the steps 0, 4/);
  });
});

describe('a run', () => {
  it('records where, with what and on which data it ran', async () => {
    const { environment } = (await engine.request('runs.get', { run: runId(base) }))!;
    expect(environment.amuro).toMatch(/^\d+\.\d+\.\d+$/);
    expect(environment.adapter).not.toBe('');
    expect(environment.inputs).toEqual({
      'state-of-the-union': expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
    });
    const kernels = Object.entries(environment.kernels as Record<string, number>);
    expect(kernels.length).toBeGreaterThan(10);
    expect(kernels.map(([name]) => name.split(' ')[0])).toContain('adamw');
  });
});
