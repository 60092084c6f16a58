/** What life does to a run, in a real browser: however often it is interrupted, it ends on exactly the same bits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runId } from '../../src/experiments/spec-hash.ts';
import type { EngineConnection } from '../../src/worker/client.ts';
import { connect, freshEngine, hasEnded, report, run, smallPretrain, traceOf } from './engine-harness.ts';

const spec = smallPretrain();
const id = runId(spec);
let undisturbed: Awaited<ReturnType<typeof traceOf>>;
let engine: EngineConnection;

beforeAll(async () => {
  engine = await freshEngine();
  expect(await run(engine, spec)).toMatchObject({ status: 'finished', error: null });
  undisturbed = await traceOf(engine, spec);
  expect(undisturbed.steps.map(({ step }) => step)).toEqual(Array.from({ length: 90 }, (_, i) => i + 1));
  expect(undisturbed.kept).toEqual([0, 10, 90]);
});

afterAll(() => engine.close('end of the tests'));

/** Nothing stored, the run started and past its first checkpoints. */
async function startAnew(): Promise<void> {
  await engine.request('storage.clear', {});
  const underway = report(engine, spec, ({ done, status }) => status === 'running' && done >= 12);
  await engine.request('runs.start', { spec });
  expect((await underway).done).toBeLessThan(90);
}

describe('a run', () => {
  it('that is paused, stepped and resumed ends as if it had not been', async () => {
    await startAnew();
    const paused = report(engine, spec, ({ status }) => status === 'paused');
    await engine.request('runs.pause', { run: id });
    const { done } = await paused;
    for (let step = 1; step <= 2; step++) {
      const rested = report(
        engine,
        spec,
        ({ status, done: now }) => status === 'paused' && now === done + step,
      );
      await engine.request('runs.step', { run: id });
      await rested;
    }
    expect(await engine.request('runs.get', { run: id })).toMatchObject({ status: 'paused', done: done + 2 });
    const ended = report(engine, spec, hasEnded);
    await engine.request('runs.resume', { run: id });
    expect(await ended).toMatchObject({ status: 'finished', error: null });
    expect(await traceOf(engine, spec)).toEqual(undisturbed);
  });

  it('whose worker is killed goes on at the next start and ends the same', async () => {
    await startAnew();
    engine.close('killed by the test');
    engine = connect();
    const ended = report(engine, spec, hasEnded);
    const resumed = report(engine, spec, ({ activity }) => activity.startsWith('resuming from step'));
    await engine.request('engine.start', {});
    expect((await resumed).activity).toBe('resuming from step 10');
    expect(await ended).toMatchObject({ status: 'finished', error: null });
    expect(await traceOf(engine, spec)).toEqual(undisturbed);
  });

  it('whose GPU device is lost goes on on a new one and ends the same', async () => {
    await startAnew();
    const ended = report(engine, spec, hasEnded);
    await engine.request('engine.loseDevice', {});
    expect(await ended).toMatchObject({ status: 'finished', error: null });
    expect(await traceOf(engine, spec)).toEqual(undisturbed);
  });

  it('that is stopped keeps where it stood, and goes on from there when asked', async () => {
    await startAnew();
    await engine.request('runs.stop', { run: id });
    const { status, done } = (await engine.request('runs.get', { run: id }))!;
    expect(status).toBe('stopped');
    const kept = await engine.request('checkpoints.list', { run: id });
    expect(kept.at(-1)).toMatchObject({ step: done, resumable: true });
    const resumed = report(engine, spec, ({ activity }) => activity.startsWith('resuming from step'));
    const ended = report(engine, spec, ({ status: now }) => now === 'finished');
    await engine.request('runs.resume', { run: id });
    expect((await resumed).activity).toBe(`resuming from step ${done}`);
    await ended;
    expect(await traceOf(engine, spec)).toEqual(undisturbed);
  });
});
