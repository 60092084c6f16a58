/** Nothing of a hub is reached before the person has said yes: what is asked, remembered, withdrawn, refused. */
import { beforeEach, describe, expect, it } from 'vitest';
import { runId } from '../../src/experiments/spec-hash.ts';
import { importSchema } from '../../src/experiments/spec.ts';
import { gateHub } from '../../src/ui/gated-engine.ts';
import { HubConsent, HubRefusedError } from '../../src/ui/hub-consent.ts';
import type { Engine, Method } from '../../src/worker/protocol.ts';

const hub = 'https://hub.example';
const repository = 'lab/pico';
const revisions = [1, 2].map((step) => ({ name: `step${step}`, commit: `${step}`.repeat(40), step }));
const spec = importSchema.parse({ kind: 'import', hub, repository, revisions });

let kept: Map<string, string>;
let asked: Method[];
let known: boolean;
let consent: HubConsent;
let gated: Engine;

beforeEach(() => {
  kept = new Map();
  asked = [];
  known = false;
  consent = newConsent();
  const answers: Partial<Record<Method, unknown>> = { 'hub.sizes': [{ bytes: 3e6 }, { bytes: 4e6 }] };
  const engine = {
    subscribe: () => () => undefined,
    request(method: Method) {
      asked.push(method);
      return Promise.resolve(method === 'runs.get' ? (known ? {} : null) : (answers[method] ?? []));
    },
  };
  gated = gateHub(engine as unknown as Engine, consent);
});

/** As a page that was loaded again has it. */
function newConsent(): HubConsent {
  return new HubConsent({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  });
}

async function question() {
  for (let turns = 0; turns < 20 && consent.questions.value.length === 0; turns++) await Promise.resolve();
  return consent.questions.value[0];
}

const list = () => gated.request('hub.revisions', { hub, repository });
const start = () => gated.request('runs.start', { spec });

describe('a notebook that asks for a hub', () => {
  it('waits for a yes, which is remembered for this repository at this address', async () => {
    const listing = list();
    expect(await question()).toMatchObject({ address: hub, repository, download: null });
    expect(asked).toEqual([]);
    (await question())!.answer(true);
    await listing;
    expect(asked).toEqual(['hub.revisions']);
    await newConsent().contact(hub, repository);
    void list();
    void gated.request('hub.revisions', { hub, repository: 'lab/other' });
    expect(await question()).toMatchObject({ repository: 'lab/other' });
  });

  it('reaches nothing after a no, and is asked again the next time', async () => {
    const listing = list();
    (await question())!.answer(false);
    await expect(listing).rejects.toThrow(HubRefusedError);
    expect(asked).toEqual([]);
    void list();
    expect(await question()).toBeDefined();
  });

  it('is asked for a download with its bytes, once for each run', async () => {
    consent.allow(hub, repository);
    const starting = start();
    expect(await question()).toMatchObject({ key: runId(spec), download: { revisions: 2, bytes: 7e6 } });
    expect(asked).not.toContain('runs.start');
    (await question())!.answer(true);
    await starting;
    known = true;
    await start();
    expect(asked.filter((method) => method === 'runs.start')).toHaveLength(2);
    expect(consent.questions.value).toEqual([]);
  });

  it('is not waited for once its cell was stopped', async () => {
    const starting = start();
    expect(await question()).toMatchObject({ download: null });
    void gated.request('runs.stop', { run: runId(spec) });
    await expect(starting).rejects.toThrow(HubRefusedError);
    expect(asked).toEqual(['runs.get', 'runs.stop']);
  });

  it('needs no question for files of one’s own, nor for other runs', async () => {
    await gated.request('runs.start', { spec: { ...spec, hub: 'files' } });
    await gated.request('runs.list', {});
    expect(asked).toEqual(['runs.start', 'runs.list']);
  });
});

it('what nobody is there to allow is refused, except the addresses given beforehand', async () => {
  consent.decideBy([`${hub}/`]);
  await start();
  expect(asked).toContain('runs.start');
  await expect(gated.request('hub.revisions', { repository })).rejects.toThrow(
    /https:\/\/huggingface\.co may not be asked: nobody is here to allow it; give --hub/,
  );
});

it('a memory that was tampered with allows nothing', async () => {
  kept.set('amuro-hubs', '{"length": 1');
  void list();
  expect(await question()).toBeDefined();
});
