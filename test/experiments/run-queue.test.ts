import { describe, expect, it } from 'vitest';
import { DeviceLostError, type Gpu } from '../../src/gpu/device.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import {
  bytes,
  evaluate,
  finetune,
  pretrain,
  recordOf,
  saveCheckpoint,
  stepping,
  testQueue,
} from './fixtures.ts';

const first = pretrain({ seed: 1 });
const second = pretrain({ seed: 2 });

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

describe('the run queue', () => {
  it('runs one after the other, in the order of starting', async () => {
    const taken: string[] = [];
    const { queue, ended } = await testQueue(stepping(taken));
    await Promise.all([queue.start(first), queue.start(second)]);
    await Promise.all([ended(first), ended(second)]);
    const [a, b] = [first, second].map((spec) => runId(spec).slice(0, 2));
    expect(taken).toEqual([a, b].flatMap((id) => [1, 2, 3, 4, 5, 6].map((step) => `${id}:${step}`)));
  });

  it('runs a spec once, however often and at the same time it is started', async () => {
    const taken: string[] = [];
    const { queue, ended } = await testQueue(stepping(taken));
    const records = await Promise.all([queue.start(first), queue.start(first), queue.start(first)]);
    expect(new Set(records.map(({ id }) => id)).size).toBe(1);
    await ended(first);
    expect(await queue.start(first)).toMatchObject({ status: 'finished', done: 6, error: null });
    expect(taken).toHaveLength(6);
  });

  it('stops a run that waits for the GPU at once, and lets the one at work go on', async () => {
    const gate = deferred();
    const taken: string[] = [];
    const { queue, ended, until } = await testQueue(stepping(taken, () => gate.promise));
    await queue.start(first);
    await queue.start(second);
    await until(first, ({ status }) => status === 'running');
    await queue.stop(runId(second));
    expect(await ended(second)).toMatchObject({ status: 'stopped', done: 0, error: null });
    gate.resolve();
    expect(await ended(first)).toMatchObject({ status: 'finished', done: 6 });
  });

  it('gives the GPU to the next run while one is paused, and takes it up again', async () => {
    const taken: string[] = [];
    const { queue, ended, until } = await testQueue(stepping(taken));
    await queue.start(first);
    queue.pause(runId(first));
    await until(first, ({ status }) => status === 'paused');
    await queue.start(second);
    expect(await ended(second)).toMatchObject({ status: 'finished' });
    await queue.resume(runId(first));
    expect(await ended(first)).toMatchObject({ status: 'finished', done: 6 });
  });

  it('starts a run again that is started while it is being stopped', async () => {
    const taken: string[] = [];
    const gate = deferred();
    const { queue, ended, until } = await testQueue(stepping(taken, () => gate.promise));
    await queue.start(first);
    await until(first, ({ status }) => status === 'running');
    const stopped = queue.stop(runId(first));
    const again = queue.start(first);
    gate.resolve();
    await stopped;
    expect((await again).status).toBe('queued');
    await until(first, ({ status }) => status === 'finished');
    expect(await ended(first)).toMatchObject({ status: 'finished' });
  });

  it('takes up what an earlier life left running, but not what was paused, stopped or failed', async () => {
    const taken: string[] = [];
    const life = await testQueue(stepping(taken), { database: 'queue: two lives' });
    const statuses = ['running', 'queued', 'paused', 'stopped', 'failed'] as const;
    for (const [seed, status] of statuses.entries())
      await life.store.runs.put(recordOf(pretrain({ seed }), { status, createdAt: seed }));
    await life.queue.resumeInterrupted();
    await Promise.all([0, 1].map((seed) => life.ended(pretrain({ seed }))));
    const after = (await life.store.runs.list()).sort((a, b) => a.createdAt - b.createdAt);
    expect(after.map(({ status }) => status)).toEqual([
      'finished',
      'finished',
      'paused',
      'stopped',
      'failed',
    ]);
  });

  it('steps, resumes and stops a run that an earlier life left paused', async () => {
    const taken: string[] = [];
    const { queue, store, until, ended } = await testQueue(stepping(taken));
    await store.runs.put(recordOf(first, { status: 'paused' }));
    await queue.step(runId(first));
    await until(first, ({ status, done }) => status === 'paused' && done === 1);
    await queue.resume(runId(first));
    expect(await ended(first)).toMatchObject({ status: 'finished' });
    await store.runs.put(recordOf(second, { status: 'paused' }));
    await queue.stop(runId(second));
    expect(await store.runs.get(runId(second))).toMatchObject({ status: 'stopped' });
  });

  it('says what is wrong when asked for a run that is not there', async () => {
    const { queue } = await testQueue(stepping([]));
    expect(() => queue.pause('no such run')).toThrow(/^pause: run no such run has ended or was never/);
    await expect(queue.resume('no such run')).rejects.toThrow(/no such run is not kept in this browser/);
    await expect(queue.stop('no such run')).rejects.toThrow(/not kept/);
  });

  it('keeps the message of a failure, lets the next run go on, and runs again when asked', async () => {
    const taken: string[] = [];
    let broken = true;
    const work = stepping(taken);
    const { queue, ended, until } = await testQueue((spec, context) => {
      if (broken && runId(spec) === runId(first)) return Promise.reject(new RangeError('model: too odd'));
      return work(spec, context);
    });
    await queue.start(first);
    await queue.start(second);
    expect(await ended(first)).toMatchObject({ status: 'failed', error: 'model: too odd' });
    expect(await ended(second)).toMatchObject({ status: 'finished' });
    broken = false;
    expect(await queue.start(first)).toMatchObject({ status: 'queued', error: null });
    await until(first, ({ status }) => status === 'finished');
  });

  it('reports what a run does only while it runs', async () => {
    const { queue, reports, ended, until } = await testQueue(async (spec, context) => {
      context.activity('reading documents');
      return stepping([])(spec, context);
    });
    await queue.start(first);
    queue.pause(runId(first));
    await until(first, ({ status }) => status === 'paused');
    await queue.resume(runId(first));
    await ended(first);
    for (const { status, activity } of reports) {
      if (status === 'running') expect(activity).not.toBe('paused');
      else expect(activity).toBe(status === 'queued' ? 'waiting for its turn' : status);
    }
  });
});

describe('runs that hang on others', () => {
  const parent = { run: runId(first), step: 3 };
  const child = finetune(parent);
  const grandchild = evaluate({ run: runId(child), step: 2 });

  it('wait for the checkpoint they need, however deep the chain', async () => {
    const order: string[] = [];
    const { queue, ended } = await testQueue(async (spec, { store, id }) => {
      order.push(spec.kind);
      if (spec.kind === 'pretrain') await saveCheckpoint(store, id, 3);
      if (spec.kind === 'finetune') await saveCheckpoint(store, id, 2);
      return 'finished';
    });
    await Promise.all([queue.start(first), queue.start(child), queue.start(grandchild)]);
    expect(await ended(grandchild)).toMatchObject({ status: 'finished' });
    expect(order).toEqual(['pretrain', 'finetune', 'evaluate']);
  });

  it('fail with the name of the parent and its message when it failed', async () => {
    const { queue, ended } = await testQueue(() => Promise.reject(new Error('the loss is NaN at step 2.')));
    await Promise.all([queue.start(first), queue.start(child), queue.start(grandchild)]);
    const { status, error } = await ended(child);
    expect(status).toBe('failed');
    expect(error).toContain(`its parent, pretrain run ${runId(first)}, failed: the loss is NaN at step 2.`);
    expect((await ended(grandchild)).error).toContain(`its parent, finetune run ${runId(child)}, failed`);
  });

  it('fail when the parent was stopped before, lacks the step, or was never run', async () => {
    const { queue, store, ended, until } = await testQueue(async (_, { store: kept, id }) => {
      await saveCheckpoint(kept, id, 6);
      return 'finished';
    });
    await queue.start(child);
    expect((await ended(child)).error).toMatch(/no checkpoint at step 3 .*which is not kept in this browser/);
    await queue.start(first);
    await ended(first);
    await queue.start(child);
    await until(child, ({ error }) => /keeps the steps 6\. Name one of them/.test(error ?? ''));
    await store.runs.put(recordOf(first, { status: 'stopped', done: 2 }));
    await queue.start(child);
    await until(child, ({ error }) => /was stopped after 2 steps/.test(error ?? ''));
  });

  it('stop while they wait', async () => {
    const gate = deferred();
    const { queue, ended } = await testQueue(async () => {
      await gate.promise;
      return 'finished';
    });
    await queue.start(first);
    await queue.start(child);
    await queue.stop(runId(child));
    expect(await ended(child)).toMatchObject({ status: 'stopped', error: null });
    gate.resolve();
    await ended(first);
  });
});

describe('data behind names', () => {
  it('is recorded, and a run goes on only with the same', async () => {
    let lives = 0;
    const { queue, store, resources, ended, until } = await testQueue(async (_, { control, progress }) => {
      await progress(2, 6, 2);
      if (++lives === 1) control.pause();
      return (await control.boundary(() => Promise.resolve())) === 0 ? 'stopped' : 'finished';
    });
    await resources.addFile('notes.txt', bytes('one text'));
    await queue.start(first);
    await until(first, ({ status }) => status === 'paused');
    await queue.stop(runId(first));
    const { environment } = await ended(first);
    const inputs = environment.inputs as Record<string, string>;
    expect(environment.adapter).toBe('a test');
    expect(inputs['file:notes.txt']).toMatch(/^[0-9a-f]{16}$/);

    await resources.addFile('notes.txt', bytes('another text'));
    await queue.start(first);
    await until(first, ({ status }) => status === 'failed');
    const failed = (await store.runs.get(runId(first)))!;
    expect(failed.error).toContain('began with other data: file:notes.txt');
    expect(failed.error).toContain(inputs['file:notes.txt']);
    expect(failed).toMatchObject({ done: 2, environment });

    await resources.addFile('notes.txt', bytes('one text'));
    await queue.start(first);
    await until(first, ({ status }) => status === 'finished');
  });

  it('does not matter to a run that has nothing yet', async () => {
    const { queue, resources, ended } = await testQueue(() => Promise.reject(new Error('later')));
    await resources.addFile('notes.txt', bytes('one text'));
    await queue.start(first);
    const { environment } = await ended(first);
    await resources.addFile('notes.txt', bytes('another text'));
    await queue.start(first);
    const again = await ended(first);
    expect(again.error).toBe('later');
    expect(again.environment.inputs).not.toEqual(environment.inputs);
  });
});

describe('a lost device', () => {
  const lost = () => new DeviceLostError('GPU device lost (unknown): gone');

  it('makes a run go on on a new one, also where another error came first', async () => {
    let opened = 0;
    const gpu = () =>
      Promise.resolve({
        lost: ++opened <= 2 ? Promise.resolve(lost()) : new Promise(() => undefined),
      } as unknown as Gpu);
    let lives = 0;
    const { queue, ended } = await testQueue(
      () => {
        lives++;
        if (lives === 1) return Promise.reject(lost());
        if (lives === 2) return Promise.reject(new Error('mapAsync: the buffer is gone'));
        return Promise.resolve('finished');
      },
      { gpu },
    );
    await queue.start(first);
    expect(await ended(first)).toMatchObject({ status: 'finished', error: null });
    expect(lives).toBe(3);
  });

  it('is given up when it is lost again and again before a step', async () => {
    let lives = 0;
    const { queue, ended } = await testQueue(() => {
      lives++;
      return Promise.reject(lost());
    });
    await queue.start(first);
    expect((await ended(first)).error).toMatch(/lost 4 times without a step .* press Run to go on/);
    expect(lives).toBe(4);
  });
});
