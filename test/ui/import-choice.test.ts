/** What a person is about to import: listed, picked, weighed, and written down as a cell. */
import { expect, it, vi } from 'vitest';
import { importModel } from '../../src/notebook/api/import-model.ts';
import { importSchema } from '../../src/experiments/spec.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import { findModels } from '../../src/ui/dropped-models.ts';
import { ImportChoice, importCode } from '../../src/ui/import-choice.ts';
import type { HubRevision } from '../../src/worker/protocol.ts';

const revision = (step: number, name = `step${step}`): HubRevision => ({
  name,
  commit: (step + 1).toString(16).padStart(40, '0'),
  step,
  tokens: step * 2048,
  stage: null,
  seed: null,
});
const listed = [0, 1, 2, 4, 8, 16, 32, 64, 128, 1000].map((step) => revision(step));

function choose(request: (method: string, params: { commits: string[] }) => Promise<unknown>) {
  return new ImportChoice({ request } as never, () => undefined);
}

const hub = (method: string, { commits }: { commits: string[] }): Promise<unknown> =>
  Promise.resolve(
    method === 'hub.revisions'
      ? listed
      : commits.map((commit) => ({ commit, bytes: 10, family: 'llama', parameters: 5 })),
  );

it('picks some, and knows their bytes once each was asked for', async () => {
  const request = vi.fn(hub);
  const choice = choose(request);
  await choice.list('https://hub.example', 'lab/pico', 4);
  expect(choice.chosen.map(({ step }) => step)).toEqual([0, 8, 128, 1000]);
  await vi.waitFor(() => expect(choice.unmeasured).toEqual([]));
  expect(choice.bytes).toBe(40);
  choice.toggle('step8');
  choice.toggle('step1');
  await vi.waitFor(() => expect(choice.bytes).toBe(40));
  expect(choice.spec.revisions.map(({ name }) => name)).toEqual(['step0', 'step1', 'step128', 'step1000']);
  // The list, and five sizes: none is asked for twice.
  expect(request).toHaveBeenCalledTimes(6);
});

it('picks revisions of one run where the repository holds several', async () => {
  const runs = ['default', 'small-aux-2'].flatMap((seed) =>
    [0, 1, 10, 100].map((step) => ({ ...revision(step, `step${step}-seed-${seed}`), seed })),
  );
  const choice = choose((method, params) =>
    method === 'hub.revisions' ? Promise.resolve(runs) : hub(method, params),
  );
  await choice.list('https://hub.example', 'lab/runs', 12);
  expect(choice.chosen.map(({ name }) => name)).toEqual(
    [0, 1, 10, 100].map((step) => `step${step}-seed-default`),
  );
});

it('says why a list or a size cannot be had, and tries again after a change of mind', async () => {
  let broken = true;
  const choice = choose((method, params) =>
    broken ? Promise.reject(new Error('no answer')) : hub(method, params),
  );
  await choice.list('https://hub.example', 'lab/pico', 2);
  expect([choice.problem, choice.revisions, choice.listing]).toEqual(['no answer', null, false]);
  broken = false;
  await choice.list('https://hub.example', 'lab/pico', 2);
  expect(choice.problem).toBeNull();
});

it('does not hear the list of a repository that was given up for another', async () => {
  let late!: (value: unknown) => void;
  const slow = new Promise((resolve) => (late = resolve));
  const choice = choose((method, params) => {
    const { repository } = params as unknown as { repository: string };
    return method === 'hub.revisions' && repository === 'lab/slow' ? slow : hub(method, params);
  });
  const first = choice.list('https://hub.example', 'lab/slow', 2);
  await choice.list('https://hub.example', 'lab/pico', 2);
  late([revision(5)]);
  await first;
  expect([choice.repository, choice.revisions]).toEqual(['lab/pico', listed]);
});

it('writes a cell that asks for exactly the run that was chosen', async () => {
  const choice = choose(hub);
  for (const address of ['https://huggingface.co', 'https://hub.example']) {
    await choice.list(address, 'lab/Pico-14m.v2', 3);
    const code = importCode(choice.spec, (name) => name === 'pico14mV2');
    expect(code).toMatch(/^const pico14mV22 = importModel\(\{/);
    const specs: unknown[] = [];
    const runs = { add: (spec: unknown) => ({ handle: specs.push(spec) }) };
    const call = importModel.bind({ runs } as never);
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the code of a cell, run as a cell is
    (new Function('importModel', code) as (call: unknown) => void)(call);
    expect(runId(importSchema.parse(specs[0]))).toBe(runId(choice.spec));
  }
});

const file = (path: string) => ({ path, file: { name: path.split('/').at(-1)! } as File });
const model = (folder: string) =>
  ['config.json', 'model.safetensors', 'README.md'].map((name) => file(folder + name));

it.each([
  ['a folder', model('pico/'), [['pico', ['pico']]], []],
  ['files together', model(''), [['model', ['model']]], ['README.md']],
  [
    'a folder of revisions',
    [...model('runs/checkpoint-1/'), ...model('runs/checkpoint-20/'), file('runs/log.txt')],
    [['runs', ['checkpoint-1', 'checkpoint-20']]],
    [],
  ],
  [
    'two folders',
    [...model('a/'), ...model('b/')],
    [
      ['a', ['a']],
      ['b', ['b']],
    ],
    [],
  ],
  ['text', [file('notes.txt'), file('config.json')], [], ['notes.txt', 'config.json']],
] as const)('%s dropped: what is a model, and what is not', (_, dropped, expected, others) => {
  const found = findModels(dropped);
  expect(found.models.map(({ folder, revisions }) => [folder, revisions.map(({ name }) => name)])).toEqual(
    expected,
  );
  expect(found.others.map(({ name }) => name)).toEqual(others);
});
