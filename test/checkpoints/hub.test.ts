/** Trajectories from a hub over real HTTP: listing, importing, interruption, resuming, servers that misbehave. */
import { describe, expect, it } from 'vitest';
import { fixtureBytes } from './file-fixtures.ts';
import { commitOf, serveHub, type Fault, type HubServer } from './hub-server.ts';
import { fingerprints, fingerprintsOf, freshDatabase, seededTensor, smallModel } from './storage-fixtures.ts';
import { loadCheckpoint } from '../../src/checkpoints/checkpoint.ts';
import { Hub } from '../../src/checkpoints/hub.ts';
import { HubError } from '../../src/checkpoints/hub-fetch.ts';
import { importBytes, importFolder, importRevision } from '../../src/checkpoints/import-model.ts';
import { WeightFileError } from '../../src/checkpoints/errors.ts';
import { ownShardBytes } from '../../src/checkpoints/packing.ts';
import { parseRevision, trajectory } from '../../src/checkpoints/revisions.ts';
import { writeSafetensors } from '../../src/checkpoints/safetensors.ts';
import { float32Sources, type Float32Tensor } from '../../src/checkpoints/tensor-source.ts';

const repository = 'lab/pico';
const config = new TextEncoder().encode('{"model_type": "gpt_neox"}');
const quick = { retries: 2, retryDelay: 1, idleTimeout: 200 };
const emptied = [0, 0, 0];

async function safetensors(tensors: Record<string, Float32Tensor>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of writeSafetensors(float32Sources(tensors)).stream())
    pieces.push(new Uint8Array(piece));
  return Buffer.concat(pieces);
}

/** Four tensors with shards of their own, 6 MiB: more than is read ahead at once. */
const own = (seed: number) => seededTensor([ownShardBytes / 4 + 2 ** 17 + 1], seed);
const model = (seed: number) => ({
  a: own(seed),
  b: own(seed + 1),
  ...smallModel(seed),
  c: own(seed + 2),
  d: own(seed + 3),
});
const revision = async (name: string, seed: number) => ({
  name,
  files: { 'config.json': config, 'model.safetensors': await safetensors(model(seed)) },
});
const first = await revision('step1', 1);
const expected = new Map(fingerprintsOf(model(1)));
const empty = (name: string) => ({ name, files: { '.gitattributes': new Uint8Array(3) } });

const hubOf = (server: HubServer) => new Hub({ address: server.address, ...quick });
const source = { repository, commit: commitOf('step1') };
const target = { run: 'hub', step: 1, tokens: 2_097_152 };

async function counts(database: Awaited<ReturnType<typeof freshDatabase>>) {
  return Promise.all((['shards', 'writes', 'checkpoints'] as const).map((store) => database.count(store)));
}

describe('parseRevision', () => {
  it.each([
    ['step512', 512, null, null],
    ['step143000', 143_000, null, null],
    ['step1000-tokens4B', 1000, 4e9, null],
    ['stage1-step10000-tokens21B', 10_000, 21e9, 'stage1'],
    ['stage2-ingredient3-step23852-tokens51B', 23_852, 51e9, 'stage2-ingredient3'],
    ['step-240000', 240_000, null, null],
    ['step-480k-token-1007B', 480_000, 1007e9, null],
    ['step-50K-105b', 50_000, 105e9, null],
    ['240b_tokens', null, 240e9, null],
    ['ckpt_017', 17, null, null],
    ['checkpoint-500', 500, null, null],
    ['main', null, null, null],
    ['backup-2024-01-02', null, null, null],
  ])('reads %s', (name, step, tokens, stage) => {
    expect(parseRevision(name)).toEqual({ name, step, tokens, stage, seed: null });
  });

  it.each([
    ['step1250-seed-default', 1250, 'default'],
    ['step0-seed-small-aux-2', 0, 'small-aux-2'],
    ['step7-seed-14', 7, '14'],
  ])('reads %s, one of several runs', (name, step, seed) => {
    expect(parseRevision(name)).toEqual({ name, step, tokens: null, stage: null, seed });
  });
});

describe('trajectory', () => {
  const placed = (...names: string[]) =>
    trajectory(names.map(parseRevision)).map(({ name, step, tokens }) => [name, step, tokens]);

  it('orders what has a step and leaves out what has none', () => {
    expect(placed('main', 'step16', 'step1', 'step0')).toEqual([
      ['step0', 0, null],
      ['step1', 1, null],
      ['step16', 16, null],
    ]);
  });

  it('lets a stage that counts anew go on where the one before ended, in steps and tokens', () => {
    const stages = ['stage1-step10-tokens20B', 'stage1-step90-tokens180B'];
    expect(
      placed(...stages, 'stage2-ingredient1-step5-tokens10B', 'stage2-ingredient2-step5-tokens10B'),
    ).toEqual([
      ['stage1-step10-tokens20B', 10, 20e9],
      ['stage1-step90-tokens180B', 90, 180e9],
      ['stage2-ingredient1-step5-tokens10B', 95, 190e9],
      ['stage2-ingredient2-step5-tokens10B', 95, 190e9],
    ]);
  });

  it('leaves a stage that counts on as it is', () => {
    expect(placed('stage2-step-120', 'stage1-step-100', 'stage1-step-40').map(([, step]) => step)).toEqual([
      40, 100, 120,
    ]);
  });

  it('counts millions of tokens where names say nothing else', () => {
    expect(placed('main', '500b_tokens', '240b_tokens')).toEqual([
      ['240b_tokens', 240_000, 240e9],
      ['500b_tokens', 500_000, 500e9],
    ]);
  });
});

describe('Hub', () => {
  it('lists revisions as a trajectory, with commits, and says the bytes beforehand', async () => {
    const server = await serveHub(repository, [
      empty('main'),
      empty('step1000'),
      first,
      empty('step16'),
      empty('step0'),
    ]);
    const hub = hubOf(server);
    const revisions = await hub.revisions(repository);
    expect(revisions.map(({ name, commit }) => [name, commit])).toEqual(
      ['step0', 'step1', 'step16', 'step1000', 'main'].map((name) => [name, commitOf(name)]),
    );
    expect(await importBytes(hub, repository, commitOf('step1'))).toBe(
      first.files['model.safetensors'].length,
    );
    expect(server.requests).toEqual([]);
  });

  it('imports a revision to the bit, reading small tensors together', async () => {
    const server = await serveHub(repository, [first]);
    const database = await freshDatabase();
    const progress: number[] = [];
    await importRevision(database, hubOf(server), source, target, {
      onProgress: ({ doneBytes }) => progress.push(doneBytes),
    });
    const { weights, tokens, config: stored } = await loadCheckpoint(database, target);
    expect(new Map(await fingerprints(weights))).toEqual(expected);
    expect([tokens, stored]).toEqual([2_097_152, { model_type: 'gpt_neox' }]);
    expect(progress.at(-1)).toBe(weights.reduce((sum, { byteLength }) => sum + byteLength, 0));
    // The config, and the weights in reads of 512 KiB, 4 MiB and what is left.
    expect(server.requests).toHaveLength(4);
    expect(server.sent.bytes).toBe(first.files['model.safetensors'].length + config.length);
  });

  it('reads torch files of revisions that have no others', async () => {
    const files = { 'config.json': config, 'pytorch_model.bin': fixtureBytes('model.bin') };
    const server = await serveHub(repository, [{ name: 'step1', files }]);
    const database = await freshDatabase();
    await importRevision(database, hubOf(server), source, target);
    const { weights } = await loadCheckpoint(database, target);
    // The buffers, which are no floats, are left out.
    expect(weights.map(({ name }) => name)).toEqual([
      'embed.weight',
      'norm.weight',
      'norm.bias',
      'head.weight',
    ]);
  });

  it.each<Fault>(['drop', 'short', 'long', 'stall', 'busy'])(
    'asks again when an answer is bad once: %s',
    async (fault) => {
      const server = await serveHub(repository, [first]);
      server.fault = (number) => (number === 3 ? fault : 'none');
      const database = await freshDatabase();
      await importRevision(database, hubOf(server), source, target);
      const { weights } = await loadCheckpoint(database, target);
      expect(new Map(await fingerprints(weights))).toEqual(expected);
    },
  );

  it('goes on where a lost connection stopped it, and downloads no stored shard again', async () => {
    const server = await serveHub(repository, [first]);
    server.fault = (number) => (number > 3 ? 'drop' : 'none');
    const database = await freshDatabase();
    const failure = importRevision(database, hubOf(server), source, target);
    await expect(failure).rejects.toThrow(HubError);
    // Each shard with its note, and the write.
    expect(await counts(database)).toEqual([2, 3, 0]);
    server.fault = () => 'none';
    server.requests.length = 0;
    await importRevision(database, hubOf(server), source, target);
    // The config, the header, and from the small tensors on, which lie behind the two that were stored.
    const starts = server.requests.map((request) => Number(/bytes=(\d+)/.exec(request)?.[1] ?? 0));
    expect(starts.slice(0, 2)).toEqual([0, 0]);
    expect(Math.min(...starts.slice(2))).toBeGreaterThan(2 * own(1).data.byteLength);
    const { weights } = await loadCheckpoint(database, target);
    expect(new Map(await fingerprints(weights))).toEqual(expected);
    expect(await database.count('writes')).toBe(0);
  });

  it('stops when it is cancelled, with what it has kept for the next time', async () => {
    const server = await serveHub(repository, [first]);
    const database = await freshDatabase();
    const controller = new AbortController();
    const onProgress = ({ doneBytes }: { doneBytes: number }) => {
      if (doneBytes > ownShardBytes) controller.abort(new Error('cancelled by hand'));
    };
    const importing = importRevision(database, hubOf(server), source, target, {
      signal: controller.signal,
      onProgress,
    });
    await expect(importing).rejects.toThrow('cancelled by hand');
    expect(await counts(database)).toEqual([1, 2, 0]);
  });

  it.each<[Fault, RegExp]>([
    ['whole', /does not answer ranges, got the whole file/],
    ['wrong range', /does not answer ranges, got bytes 1-/],
    ['long', /too long an answer/],
    ['stall', /no byte for 200 ms/],
    ['busy', /the hub failed, got status 503/],
  ])('gives up on a server that always misbehaves: %s', async (fault, message) => {
    const server = await serveHub(repository, [first]);
    server.fault = (number) => (number > 1 ? fault : 'none');
    await expect(importRevision(await freshDatabase(), hubOf(server), source, target)).rejects.toThrow(
      message,
    );
  });

  it('keeps nothing of a file whose bytes are not those that the hub vouches for', async () => {
    const server = await serveHub(repository, [first]);
    server.fault = (number) => (number === 3 ? 'flip' : 'none');
    const database = await freshDatabase();
    await expect(importRevision(database, hubOf(server), source, target)).rejects.toThrow(
      /model\.safetensors: its bytes are not those that the hub vouches for, got SHA-256/,
    );
    expect(await counts(database)).toEqual(emptied);
  });

  it('keeps nothing of a revision whose file is cut off', async () => {
    const cut = first.files['model.safetensors'].slice(0, -1);
    const server = await serveHub(repository, [
      { name: 'step1', files: { ...first.files, 'model.safetensors': cut } },
    ]);
    const database = await freshDatabase();
    await expect(importRevision(database, hubOf(server), source, target)).rejects.toThrow(WeightFileError);
    expect(await counts(database)).toEqual(emptied);
  });

  it('says what is wrong where there is no network, no repository, no weights and no such address', async () => {
    const server = await serveHub(repository, [empty('step1')]);
    const database = await freshDatabase();
    await expect(hubOf(server).revisions('lab/none')).rejects.toThrow(/does not have it, got status 404/);
    await expect(hubOf(server).revisions('../etc')).rejects.toThrow(/not a repository/);
    await expect(hubOf(server).files(repository, 'main')).rejects.toThrow(/not a commit/);
    await expect(importRevision(database, hubOf(server), source, target)).rejects.toThrow(
      /config\.json: missing/,
    );
    const nowhere = new Hub({ address: 'http://127.0.0.1:9', ...quick });
    await expect(nowhere.revisions(repository)).rejects.toThrow(/no answer.*drop the files/);
  });

  it('asks no other host, whatever a page of its lists links to', async () => {
    const asked: string[] = [];
    const linking = (url: string): Promise<Response> => {
      asked.push(url);
      const headers = { link: '<https://elsewhere.example/api>; rel="next"' };
      return Promise.resolve(new Response('[]', { headers }));
    };
    const hub = new Hub({ address: 'http://hub.example', fetch: linking as typeof fetch, ...quick });
    await expect(hub.files(repository, commitOf('step1'))).rejects.toThrow(/another host than the hub/);
    expect(asked).toHaveLength(1);
  });
});

describe('importFolder', () => {
  it('lets the caller refuse or choose by config and shapes before anything is read', async () => {
    const database = await freshDatabase();
    const files = new Map([
      ['config.json', new Blob([config])],
      ['model.safetensors', new Blob([new Uint8Array(await safetensors(smallModel(1)))])],
    ]);
    const folder = { names: [...files.keys()], open: (name: string) => Promise.resolve(files.get(name)!) };
    const refuse = () => {
      throw new TypeError('embed.weight has the wrong shape');
    };
    await expect(importFolder(database, folder, target, { adopt: refuse })).rejects.toThrow('wrong shape');
    expect(await counts(database)).toEqual(emptied);
    await importFolder(database, folder, target, {
      adopt: (config, tensors) => ({
        config,
        weights: tensors.filter(({ name }) => name.startsWith('norm')),
      }),
    });
    expect((await loadCheckpoint(database, target)).weights.map(({ name }) => name)).toEqual(['norm.weight']);
  });
});
