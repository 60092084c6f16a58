/** Imports as runs: a trajectory from a hub over real HTTP, paused, cut off, resumed, refused; and files of one's own. */
import { describe, expect, it, vi } from 'vitest';
import { loadCheckpoint } from '../../src/checkpoints/checkpoint.ts';
import { toFloat32 } from '../../src/checkpoints/tensor-source.ts';
import { lineageTokenizer, rootTokens, traceLineage } from '../../src/experiments/lineage.ts';
import { ModelSources } from '../../src/experiments/model-sources.ts';
import type { RunProgress } from '../../src/experiments/run.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import { publishedFiles } from '../export-check/published.ts';
import { serveHub, type ServedRevision } from '../checkpoints/hub-server.ts';
import { bytes, pretrain, testQueue, type TestQueue } from './fixtures.ts';
import {
  config,
  importOf,
  largeConfig,
  modelFiles,
  publish,
  repository,
  source,
  text,
  type Files,
} from './published-model.ts';

const steps = [0, 16, 512];
const revisions = await publish(steps);
const large = await publish(steps, { config: largeConfig });
const withoutTokenizer = await publish(steps, { tokenizer: false });
const withFewRows = await publish(steps, { config: { ...config, vocab_size: 100 } });
const bytesOf = (served: readonly ServedRevision[]) =>
  served.reduce((sum, { files }) => sum + files['model.safetensors']!.length, 0);
const total = bytesOf(revisions);
const one = bytesOf(large) / steps.length;
/** Configs and tokenizer. */
const small = 20_000;
/** Of the large model, bytes of a tensor that is a shard by itself. */
const tensor = 4 * largeConfig.hidden_size * largeConfig.intermediate_size;
/**
 * Two of its revisions when of one three shards are stored: a header, and the norms of two layers, cost a small window
 * each, of which some is needed anyway.
 */
const again = 2 * one - 3 * tensor + 3 * 2 ** 19 + small;

const noWork = () => Promise.resolve('finished' as const);
const weightRequests = (requests: readonly string[]) =>
  requests.filter((request) => request.startsWith('model'));

async function counts({ store }: TestQueue): Promise<number[]> {
  return Promise.all(
    (['shards', 'writes', 'checkpoints', 'cache'] as const).map((name) => store.database.count(name)),
  );
}

async function imported(served: readonly ServedRevision[], change: Record<string, unknown> = {}) {
  const hub = await serveHub(repository, served);
  const lab = await testQueue(noWork);
  const spec = importOf(hub.address, steps, change);
  await lab.queue.start(spec);
  return { ...lab, hub, spec, record: await lab.ended(spec) };
}

describe('an import', () => {
  it('brings every revision to a checkpoint of its step, with the tokenizer, and counts bytes', async () => {
    const { queue, record, reports, store, resources, hub, spec } = await imported(revisions);
    expect([record.status, record.done, record.total]).toEqual(['finished', total, total]);
    expect(record.facts).toMatchObject({ family: 'gpt_neox', vocabulary: 270 });
    const kept = await store.listCheckpoints(record.id);
    expect(kept.map(({ step, tokens }) => [step, tokens])).toEqual(steps.map((step) => [step, step * 2048]));
    expect(reports.every(({ unit, done, total: all }) => unit === 'bytes' && done <= all)).toBe(true);
    expect(reports.map(({ activity }) => activity)).toContain('downloading step16, 2 of 3');
    expect(hub.sent.bytes).toBeLessThan(total + small);
    const lineage = await traceLineage({ run: record.id, step: 16 }, store);
    expect(rootTokens(lineage)).toBe(16 * 2048);
    const { tokenizer } = await lineageTokenizer(lineage, resources);
    expect(tokenizer.decode(tokenizer.encode('to be'))).toBe('to be');
    expect(tokenizer.endOfText).toBe(0);
    expect(await queue.start(spec)).toEqual(record);
  });

  it('does not wait for the GPU', async () => {
    const hub = await serveHub(repository, revisions);
    let free!: () => void;
    const busy = new Promise<void>((resolve) => (free = resolve));
    const { queue, ended, resources } = await testQueue(async () => {
      await busy;
      return 'finished';
    });
    await resources.addFile('notes.txt', bytes('some text'));
    await queue.start(pretrain());
    const spec = importOf(hub.address, [16]);
    await queue.start(spec);
    expect((await ended(spec)).status).toBe('finished');
    free();
    expect((await ended(pretrain())).status).toBe('finished');
  });

  it('pauses in the middle of a file, and goes on without a byte twice', async () => {
    const undisturbed = (await imported(large)).hub.sent.bytes;
    const hub = await serveHub(repository, large);
    const { queue, until, ended } = await testQueue(noWork);
    const spec = importOf(hub.address, steps);
    hub.delay = 30;
    await queue.start(spec);
    await until(spec, ({ done }: RunProgress) => done > tensor);
    queue.pause(runId(spec));
    const { done } = await until(spec, ({ status }) => status === 'paused');
    expect(done).toBeLessThan(3 * one);
    // What was asked for before the pause still arrives; then nothing more does.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = hub.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(hub.requests).toHaveLength(before);
    await queue.resume(runId(spec));
    expect((await ended(spec)).status).toBe('finished');
    expect(hub.sent.bytes).toBe(undisturbed);
  });

  it('says what to do when the network goes, and downloads nothing again that was stored', async () => {
    const hub = await serveHub(repository, large);
    const { queue, ended, store } = await testQueue(noWork);
    const spec = importOf(hub.address, steps);
    // The third window of the second revision and all that follow.
    hub.fault = () => (weightRequests(hub.requests).length >= 6 ? 'drop' : 'none');
    await queue.start(spec);
    const failed = await ended(spec);
    expect(failed.status).toBe('failed');
    expect(failed.error).toMatch(/(the connection was dropped|no answer).*Resume goes on there/);
    expect((await store.listCheckpoints(failed.id)).map(({ step }) => step)).toEqual([0]);
    hub.fault = () => 'none';
    hub.sent.bytes = 0;
    await queue.resume(failed.id);
    expect((await ended(spec)).status).toBe('finished');
    expect(hub.sent.bytes).toBeLessThan(again);
  });

  it('is taken up by the next page after its own was closed', async () => {
    const hub = await serveHub(repository, large);
    const database = 'closed in the middle of an import';
    const first = await testQueue(noWork, { database });
    const spec = importOf(hub.address, steps);
    // It hangs at the third window of the second revision.
    hub.fault = () => (weightRequests(hub.requests).length >= 6 ? 'stall' : 'none');
    await first.queue.start(spec);
    // The write, and the notes of the three shards before.
    await vi.waitFor(async () => expect(await first.store.database.count('writes')).toBe(4), 20_000);
    await first.queue.stop(runId(spec));
    // As a page that was closed leaves it: nobody has said that it stopped.
    const record = (await first.store.runs.get(runId(spec)))!;
    await first.store.runs.put({ ...record, status: 'running' });
    hub.fault = () => 'none';
    hub.sent.bytes = 0;
    const second = await testQueue(noWork, { database });
    await second.queue.resumeInterrupted();
    expect((await second.ended(spec)).status).toBe('finished');
    expect(hub.sent.bytes).toBeLessThan(again);
    expect((await counts(second))[1]).toBe(0);
  });

  it('takes a revision that another import has brought from there', async () => {
    const { queue, ended, hub, spec, store } = await imported(revisions);
    hub.requests.length = 0;
    const fewer = importOf(hub.address, [16]);
    await queue.start(fewer);
    expect((await ended(fewer)).status).toBe('finished');
    expect(weightRequests(hub.requests)).toEqual([]);
    const [a, b] = await Promise.all(
      [spec, fewer].map((each) => loadCheckpoint(store.database, { run: runId(each), step: 16 })),
    );
    expect(await toFloat32(b!.weights[1]!)).toEqual(await toFloat32(a!.weights[1]!));
  });

  it('keeps half-precision weights as they came, and takes the tokenizer of main where revisions have none', async () => {
    const half = await publish(steps, { dtype: 'BF16', tokenizer: false });
    const main = { name: 'main', files: await modelFiles() };
    const { record, store, resources } = await imported([...half, main]);
    expect(record.status).toBe('finished');
    const { weights } = await loadCheckpoint(store.database, { run: record.id, step: 512 });
    expect(new Set(weights.map(({ dtype }) => dtype))).toEqual(new Set(['BF16']));
    expect((await resources.imported.get(record.id)).tokenizer.vocabularySize).toBe(270);
  });

  it('reads fused matrices where they lie: every byte once, held against the hub’s SHA-256', async () => {
    const sizes = { d_model: 64, n_heads: 4, n_layers: 3, mlp_hidden_size: 9216, vocab_size: 300 };
    const settings = { rope: true, include_bias: false, layer_norm_type: 'rms', weight_tying: false };
    const published = { config: { model_type: 'hf_olmo', embedding_size: 304, ...sizes, ...settings } };
    const made = await publishedFiles({ ...published, prefix: 'model.', tuned: false });
    const read = made.map(
      async ({ name, file }) => [name, new Uint8Array(await file.arrayBuffer())] as const,
    );
    const files = Object.fromEntries(await Promise.all(read));
    const size = files['model.safetensors']!.length;
    expect(size).toBeGreaterThan(2 ** 23);
    const [first] = importOf('http://127.0.0.1:9', [0]).revisions;
    const { record, hub } = await imported([{ name: 'step0', files }], { revisions: [first] });
    expect([record.status, record.facts.family]).toEqual(['finished', 'llama']);
    expect(hub.sent.bytes).toBeLessThan(size + small);
    expect(hub.requests.filter((request) => request.startsWith('model')).length).toBeGreaterThan(2);

    const liar = await serveHub(repository, [{ name: 'step0', files }]);
    liar.fault = () => (liar.sent.bytes > 2 ** 23 ? 'flip' : 'none');
    const { queue, ended, ...lab } = await testQueue(noWork);
    const spec = importOf(liar.address, [0]);
    await queue.start(spec);
    expect((await ended(spec)).error).toMatch(/its bytes are not those that the hub vouches for/);
    expect((await counts({ queue, ended, ...lab })).slice(0, 3)).toEqual([0, 0, 0]);
  });

  it('leaves nothing of a run that is removed', async () => {
    const { record, store, resources, ...lab } = await imported(revisions);
    await store.removeRun(record.id);
    await resources.imported.forget(record.id);
    expect(await counts({ store, resources, ...lab })).toEqual([0, 0, 0, 0]);
  });
});

describe('an import is refused before any weight is downloaded', () => {
  const change = (files: Files): ServedRevision[] => [
    revisions[0]!,
    { name: 'step16', files },
    revisions[2]!,
  ];
  const own = revisions[1]!.files;
  it.each<[string, ServedRevision[], RegExp]>([
    [
      'of a family that is not here',
      change({ ...own, 'config.json': text({ model_type: 'mamba' }) }),
      /step16: model: unknown model_type "mamba", expected one of gpt_neox/,
    ],
    [
      'of a config that the family cannot do',
      change({ ...own, 'config.json': text({ ...config, hidden_act: 'snake' }) }),
      /step16: .*hidden_act is not usable, got "snake"/,
    ],
    [
      'without weights',
      change({ 'config.json': own['config.json']! }),
      /step16: model\.safetensors: missing/,
    ],
    ['without a tokenizer', withoutTokenizer, /lab\/pico has no tokenizer\.json/],
    [
      'with a tokenizer that is larger than the model',
      withFewRows,
      /got 270 tokens, expected at most the 100/,
    ],
  ])('%s', async (_, served, message) => {
    const { record, hub, ...lab } = await imported(served);
    expect([record.status, record.error]).toEqual(['failed', expect.stringMatching(message)]);
    expect(weightRequests(hub.requests)).toEqual([]);
    expect(await counts({ ...lab })).toEqual([0, 0, 0, 0]);
  });

  it('with two revisions at one step', async () => {
    const { revisions: listed } = importOf('http://127.0.0.1:9', steps);
    const { record } = await imported(revisions, { revisions: [listed[0], { ...listed[1], step: 0 }] });
    expect(record.error).toMatch(/two revisions of lab\/pico stand at step 0, got step0 and step16/);
  });
});

describe('weights that are not what the config says are refused by name, and nothing of them is kept', () => {
  const extra = source('gpt_neox.layers.0.adapter.weight', [2], 'F32', Float32Array.of(1, 2));
  it.each<[string, Parameters<typeof modelFiles>[0], RegExp]>([
    ['missing', { edit: (tensors) => tensors.slice(1) }, /"gpt_neox\.embed_in\.weight": missing/],
    [
      'of another shape',
      { edit: ([first, ...rest]) => [{ ...first!, shape: [64, 304] }, ...rest] },
      /has shape \[64, 304\], config\.json says \[304, 64\]/,
    ],
    [
      'a stranger',
      { edit: (tensors) => [...tensors, extra] },
      /adapter\.weight": no parameter of a gpt_neox model/,
    ],
  ])('%s', async (_, options, message) => {
    const { record, ...lab } = await imported([
      { name: 'step0', files: await modelFiles(options) },
      ...revisions.slice(1),
    ]);
    expect([record.status, record.error]).toEqual(['failed', expect.stringMatching(message)]);
    expect((await counts(lab)).slice(0, 3)).toEqual([0, 0, 0]);
  });

  it('skips the buffers that older files keep', async () => {
    const buffer = source('gpt_neox.layers.0.attention.masked_bias', [1], 'F32', Float32Array.of(-1e9));
    const files = await modelFiles({ edit: (tensors) => [...tensors, buffer] });
    const { record } = await imported([{ name: 'step0', files }, ...revisions.slice(1)]);
    expect(record.status).toBe('finished');
  });
});

describe('files of one’s own', () => {
  const given = (name: string, files: Files) => ({
    name,
    files: Object.entries(files).map(([file, content]) => ({
      name: file,
      file: new Blob([new Uint8Array(content)]),
    })),
  });
  const pico = given('pico', revisions[0]!.files);

  it('are a run of one checkpoint, the same run for the same bytes', async () => {
    const models = new ModelSources();
    const spec = await models.add('pico', [pico]);
    const again = await models.add('pico', [{ ...pico, files: pico.files.toReversed() }]);
    const other = await models.add('pico', [given('pico', revisions[1]!.files)]);
    expect(runId(again)).toBe(runId(spec));
    expect(runId(other)).not.toBe(runId(spec));
    const { queue, ended, store } = await testQueue(noWork, { models });
    await queue.start(spec);
    const record = await ended(spec);
    expect([record.status, record.done]).toEqual(['finished', total / steps.length]);
    expect((await store.listCheckpoints(record.id)).map(({ step }) => step)).toEqual([1]);
  });

  it('are a trajectory where their folders say the steps, and refused where they do not', async () => {
    const models = new ModelSources();
    const [a, b] = revisions.map(({ files }) => files);
    const spec = await models.add('runs', [given('checkpoint-500', a!), given('checkpoint-20', b!)]);
    expect(spec.revisions.map(({ name, step }) => [name, step])).toEqual([
      ['checkpoint-20', 20],
      ['checkpoint-500', 500],
    ]);
    await expect(models.add('runs', [given('good', a!), given('better', b!)])).rejects.toThrow(
      /holds 2 models, got the names good, better, expected names that say their steps/,
    );
  });

  it('have to be given again after a reload, and says so', async () => {
    const spec = await new ModelSources().add('pico', [{ ...pico, name: 'pico-step-300' }]);
    expect(spec.revisions[0]!.step).toBe(300);
    const { queue, ended } = await testQueue(noWork);
    await queue.start(spec);
    expect((await ended(spec)).error).toMatch(/are not at hand.*drop the same folder onto it again/);
  });
});
