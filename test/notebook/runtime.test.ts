/** The reactive runtime: what runs when, in which order, and what happens when something goes wrong. */
import { describe, expect, it } from 'vitest';
import * as api from '../../src/index.ts';
import { runAll } from '../../src/notebook/run-all.ts';
import { NotebookRuntime } from '../../src/notebook/runtime.ts';
import { toNotebook } from '../../src/notebook/notebook.ts';
import { FakeEngine, row } from './fake-engine.ts';

/** A notebook of JavaScript cells 1, 2, 3, …; `log(name)` in a cell records that it ran. */
function notebook(...sources: string[]) {
  const engine = new FakeEngine();
  const log: string[] = [];
  const builtins = {
    ...api,
    log: { signature: 'log(name)', doc: '', bind: () => (name: string) => void log.push(name) },
    later: {
      signature: 'later(ms, value)',
      doc: '',
      bind: () => (ms: number, value: unknown) => new Promise((resolve) => setTimeout(resolve, ms, value)),
    },
  };
  const settings = { profile: 'quick', values: {} } as const;
  const runtime = new NotebookRuntime({
    builtins,
    engine,
    settings,
    download: () => undefined,
    onChange: () => undefined,
  });
  const set = (...next: string[]) =>
    runtime.setCells(toNotebook({ cells: next.map((source, at) => ({ id: at + 1, source })) }).cells);
  set(...sources);
  const status = () => sources.map((_, at) => runtime.state(at + 1).status);
  const value = (name: string) =>
    sources.map((_, at) => runtime.state(at + 1).exports?.get(name)).find((found) => found !== undefined);
  return { engine, runtime, log, set, status, value };
}

const model = "{family: 'gpt_neox', layers: 1, width: 8, heads: 2}";
const tokenizer = "{vocabularySize: 300, corpora: [{name: 'a'}]}";
const pretrainCell = (extra = '') =>
  `const base = pretrain({model: ${model}, data: {corpora: [{name: 'a'}], tokenizer: ${tokenizer}}, optimizer: {learningRate: 1e-3}, batchSize: 2, contextLength: 8, steps: 4, checkpoints: logSpaced(4) ${extra}})`;
const evaluateCell =
  "const rows = evaluate(base.checkpoints.map((checkpoint) => ({checkpoint, task: 'spam', items: 8, contextLength: 8})))";
const tick = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

describe('cheap cells', () => {
  it('run nothing when a notebook is opened', async () => {
    const { status, log } = notebook('log("a")', 'const x = 1');
    await tick();
    expect(status()).toEqual(['idle', 'idle']);
    expect(log).toEqual([]);
  });

  it('react to a change above them, in order, once each', async () => {
    const { runtime, log, set, value } = notebook(
      'const d = b + c; log("d")',
      'const a = 1; log("a")',
      'const b = await later(5, a + 1); log("b")',
      'const c = a * 10; log("c")',
    );
    expect(await runtime.run(2)).toMatchObject({ cell: 2, status: 'done' });
    await runtime.quiet();
    expect(value('d')).toBe(12);
    expect([...log].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(log.at(-1)).toBe('d');
    set(
      'const d = b + c; log("d")',
      'const a = 2',
      'const b = await later(5, a + 1); log("b")',
      'const c = a * 10; log("c")',
    );
    await runtime.run(2);
    await runtime.quiet();
    expect(value('d')).toBe(23);
    expect(log.filter((name) => name === 'd')).toHaveLength(2);
  });

  it('run the cheap cells they need first', async () => {
    const { runtime, log } = notebook('const a = 1; log("a")', 'const b = a; log("b")', 'b; log("c")');
    await runtime.run(3);
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('turn stale when edited and keep their value', async () => {
    const { runtime, set, status, value } = notebook('const a = 1', 'a');
    await runtime.run(1);
    await runtime.quiet();
    set('const a = 2', 'a');
    expect(status()).toEqual(['stale', 'done']);
    expect(value('a')).toBe(1);
  });

  it('show the value of an expression, and what they display', async () => {
    const { runtime } = notebook('display(1); display("two")', '1 + 2');
    await runtime.run(1);
    await runtime.run(2);
    expect(runtime.state(1).displays).toEqual([1, 'two']);
    expect(runtime.state(2).value).toBe(3);
  });

  it('follow generators: every value reaches the cells below', async () => {
    const { runtime, value } = notebook(
      'const n = (function* () { for (let i = 0; i < 4; i++) yield i })()',
      'const double = 2 * n',
    );
    await runtime.run(1);
    while (value('double') !== 6) await tick();
    expect(runtime.state(1).status).toBe('done');
  });

  it('finish although the values above keep coming', async () => {
    const { runtime, value } = notebook(
      'const n = (async function* () { for (let i = 0; ; i++) yield i })()',
      'const late = await later(10, n)',
    );
    await runtime.run(1);
    while (value('late') === undefined) await tick();
    expect(value('late')).toBeGreaterThanOrEqual(0);
    runtime.stop();
  });

  it('give the new outcome to whoever waits when they begin again', async () => {
    const { runtime, set } = notebook('const a = await later(20, 1)');
    const first = runtime.run(1);
    set('const a = await later(1, 2)');
    await runtime.run(1);
    expect(await first).toMatchObject({ status: 'done' });
    expect(runtime.state(1).exports?.get('a')).toBe(2);
  });
});

describe('what goes wrong', () => {
  it('stops what depends on it and nothing else', async () => {
    const { runtime, status } = notebook(
      'const a = (() => { throw new Error("broken") })()',
      'const b = a',
      'const c = 3',
      'c',
    );
    const outcomes = await runAll(runtime);
    expect(outcomes.map(({ status: each }) => each)).toEqual(['error', 'blocked', 'done', 'done']);
    expect(status()).toEqual(['error', 'error', 'done', 'done']);
    expect(runtime.state(1).problem).toMatchObject({ message: 'broken', line: 1 });
    expect(runtime.state(2).problem).toMatchObject({
      message: '`a` is missing: cell 1 (a), which declares it, failed',
      waitsFor: [1],
    });
  });

  it('is mended by running the cell again', async () => {
    const { runtime, set, status } = notebook('const a = missing', 'const b = a');
    await runAll(runtime);
    expect(runtime.state(1).problem?.message).toBe(
      '`missing` is not defined: no cell declares it and it is not built in',
    );
    set('const a = 1', 'const b = a');
    await runtime.run(1);
    await runtime.quiet();
    expect(status()).toEqual(['done', 'done']);
  });

  it.each([
    [
      ['const a = b', 'const b = c', 'const c = a', '1'],
      /need each other in a circle: cell 1 \(a\) → cell 2 \(b\) → cell 3 \(c\) → cell 1 \(a\)/,
    ],
    [
      ['const a = 1', 'const a = 2', 'a', '1'],
      /`a` is declared in cell 1 \(a\) and cell 2 \(a\); rename all but one/,
    ],
    [['const x = (1', 'x', 'x', '1'], /ends too early/],
  ])('says so for %j, and the rest runs', async (sources, message) => {
    const { runtime, status } = notebook(...sources);
    const outcomes = await runAll(runtime);
    expect(runtime.state(1).problem?.message).toMatch(message);
    expect(status().at(-1)).toBe('done');
    expect(outcomes.filter((outcome) => outcome.status !== 'done')).toHaveLength(3);
  });

  it('names the line of the cell that threw', async () => {
    const { runtime } = notebook('const a = 1;\n\nconst b = null.x;');
    await runtime.run(1);
    expect(runtime.state(1).problem?.line).toBe(3);
  });

  it('survives anything that is thrown', async () => {
    const { runtime } = notebook('throw undefined', 'throw "text"', 'await Promise.reject({code: 3})');
    const outcomes = await runAll(runtime);
    expect(outcomes.map(({ status }) => status)).toEqual(['error', 'error', 'error']);
  });
});

describe('expensive cells', () => {
  it('give their handle at once, run until their runs end, and start them in order', async () => {
    const { runtime, engine, status, value } = notebook(
      pretrainCell(),
      'const kept = base.checkpoints.length',
    );
    const outcome = runtime.run(1);
    await tick();
    expect(status()).toEqual(['running', 'done']);
    expect(value('kept')).toBe(4);
    const [id] = [...engine.records.keys()];
    engine.report(id!, 'finished');
    expect(await outcome).toMatchObject({ status: 'done' });
    expect(status()).toEqual(['done', 'done']);
  });

  it('turn stale and do not run when something above them changes', async () => {
    const { runtime, engine, set, status } = notebook('const seed = 1', pretrainCell(', seed'));
    engine.finishAtOnce = () => true;
    await runAll(runtime);
    set('const seed = 2', pretrainCell(', seed'));
    await runtime.run(1);
    await runtime.quiet();
    expect(status()).toEqual(['done', 'stale']);
    expect(engine.asked('runs.start')).toHaveLength(1);
    await runtime.run(2);
    expect(engine.asked('runs.start')).toHaveLength(2);
    expect(status()).toEqual(['done', 'done']);
  });

  it('are not started by a cell that needs them, which says what to run first', async () => {
    const { runtime, engine } = notebook(pretrainCell(), 'base.last');
    expect(await runtime.run(2)).toMatchObject({
      status: 'blocked',
      message: '`base` is missing: cell 1 (base), which declares it, has not been run',
    });
    expect(engine.requests).toEqual([]);
  });

  it('are left alone by Run while they run, and begin again when edited', async () => {
    const { runtime, engine, set } = notebook(pretrainCell());
    const outcome = runtime.run(1);
    await tick();
    expect(runtime.run(1)).toBe(runtime.state(1).execution!.outcome);
    set(pretrainCell(', seed: 5'));
    void runtime.run(1);
    await tick();
    const [first, second] = [...engine.records.keys()];
    expect(engine.asked('runs.stop')).toEqual([{ run: first }]);
    engine.report(second!, 'finished');
    expect(await outcome).toMatchObject({ status: 'done' });
  });

  it('stop: the engine is told, the cell waits for Run, and listens no more after that', async () => {
    const { runtime, engine, status } = notebook(pretrainCell());
    const outcome = runtime.run(1);
    await tick();
    runtime.stop();
    expect(await outcome).toMatchObject({ status: 'stopped' });
    expect(status()).toEqual(['stale']);
    expect(engine.asked('runs.stop')).toHaveLength(1);
    engine.finishAtOnce = () => true;
    expect(await runtime.run(1)).toMatchObject({ status: 'done' });
    runtime.setCells([]);
    expect(engine.listeners).toBe(0);
  });

  it('fail with the message of their run', async () => {
    const { runtime, engine } = notebook(pretrainCell());
    const outcome = runtime.run(1);
    await tick();
    engine.report([...engine.records.keys()][0]!, 'failed', { error: 'the batch does not fit: got 9 GB' });
    expect(await outcome).toMatchObject({ status: 'error', message: 'the batch does not fit: got 9 GB' });
  });

  it('evaluate: rows grow in the cells below while the engine works', async () => {
    const { runtime, engine, value } = notebook(pretrainCell(), evaluateCell, 'const seen = rows.length');
    engine.finishAtOnce = ({ kind }) => kind === 'pretrain';
    const done = runAll(runtime);
    await tick(20);
    const ids = [...engine.records.keys()].slice(1);
    expect(ids).toHaveLength(4);
    expect(value('seen')).toBe(0);
    engine.emit({ type: 'rows', run: ids[0]!, rows: [row(0, 0.5), row(0, 0.5)] });
    while (value('seen') !== 1) await tick();
    ids.forEach((id, at) => {
      engine.rows.set(id, [row(at, 0.5 + at / 10)]);
      engine.report(id, 'finished');
    });
    expect((await done).map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(value('seen')).toBe(4);
  });

  it('refuse a run asked for after their end', async () => {
    const { runtime, engine } = notebook(
      `const again = () => evaluate({checkpoint: {run: 'a', step: 1}, task: 't', items: 1, contextLength: 8})`,
      'again()',
    );
    engine.finishAtOnce = () => true;
    await runtime.run(1);
    expect(await runtime.run(2)).toMatchObject({
      status: 'error',
      message: expect.stringContaining('called after its cell had ended'),
    });
  });
});

describe('run all', () => {
  it('runs every cell once, expensive ones too, and says how each ended', async () => {
    const { runtime, engine, log } = notebook(
      'log("one")',
      pretrainCell(),
      'base.id; log("three")',
      'log("four")',
    );
    engine.finishAtOnce = () => true;
    const outcomes = await runAll(runtime);
    expect(outcomes.map(({ cell, status }) => [cell, status])).toEqual([
      [1, 'done'],
      [2, 'done'],
      [3, 'done'],
      [4, 'done'],
    ]);
    expect(log).toEqual(['one', 'three', 'four']);
  });

  it('ends at Stop; cells not reached count as stopped', async () => {
    const { runtime } = notebook(pretrainCell(), '1');
    const done = runAll(runtime);
    await tick();
    runtime.stop();
    expect((await done).map(({ status }) => status)).toEqual(['stopped', 'stopped']);
  });

  it('follows settings: cells that use them react, others do not', async () => {
    const { runtime, log, value } = notebook(
      'const p = profile; log("p")',
      'log("other")',
      'const n = Number(settings.steps ?? 1)',
    );
    await runAll(runtime);
    runtime.setSettings({ profile: 'full', values: { steps: '7' } });
    await runtime.quiet();
    expect([value('p'), value('n')]).toEqual(['full', 7]);
    expect(log).toEqual(['p', 'other', 'p']);
  });
});
