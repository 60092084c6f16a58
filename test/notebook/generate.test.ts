/** `generate` in a cell: texts that grow, several checkpoints, what is wrong with a spec, and Stop. */
import { describe, expect, it } from 'vitest';
import { generate, type WrittenText } from '../../src/notebook/api/generate.ts';
import type { CellContext, View } from '../../src/notebook/builtins.ts';
import { LiveGeneration } from '../../src/notebook/live-generation.ts';
import type { GeneratedToken, Generation } from '../../src/worker/generation.ts';
import type { Engine, EngineEvent, Method, Params } from '../../src/worker/protocol.ts';

const token = (text: string): GeneratedToken => ({
  id: 1,
  piece: text,
  text,
  logProbability: -1,
  entropy: 1,
  rank: 1,
  alternatives: [],
  drawn: 1,
});
const result = (text: string): Generation => ({
  texts: [{ prompt: 0, sample: 0, text, tokens: [token(text)], end: 'newTokens' }],
  leftOut: [0],
  newTokens: 1,
  contextLength: 8,
});

/** Answers `models.generate` when it is told to. */
function slowEngine() {
  const listeners = new Set<(event: EngineEvent) => void>();
  const asked: Params<'models.generate'>[] = [];
  const stopped: string[] = [];
  const answers: ((text: string | Error) => void)[] = [];
  const engine = {
    subscribe(listener: (event: EngineEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    request(method: Method, params: never) {
      if (method === 'models.stopGenerating') {
        stopped.push((params as Params<'models.stopGenerating'>).id);
        return Promise.resolve(null);
      }
      asked.push(params);
      return new Promise((resolve, reject) => {
        answers.push((text) => (text instanceof Error ? reject(text) : resolve(result(text))));
      });
    },
  } as unknown as Engine;
  const emit = (event: EngineEvent) => listeners.forEach((listener) => listener(event));
  return { engine, asked, stopped, answers, emit, listeners };
}

const abort = new AbortController();
const bind = (engine: Engine, signal = abort.signal) => generate.bind({ engine, signal } as CellContext);
const checkpoints = [0, 8].map((step) => ({ run: 'r', step }));

describe('generate', () => {
  it('asks each checkpoint in its turn, with the same seed, and gives the texts as data', async () => {
    const { engine, asked, answers, listeners } = slowEngine();
    const values = bind(engine)({ checkpoint: checkpoints, prompt: 'P', seed: 3, stop: 'END' })[
      Symbol.asyncIterator
    ]();
    const first = (await values.next()).value as View<readonly WrittenText[]>;
    expect(first.data).toEqual([]);
    const done = values.next();
    for (const text of ['a', 'b']) {
      await expect.poll(() => answers.length).toBe(text === 'a' ? 1 : 2);
      answers.at(-1)!(text);
    }
    expect((await done).value).toBe(first);
    expect(first.data.map(({ checkpoint, prompt, text }) => [checkpoint.step, prompt, text])).toEqual([
      [0, 'P', 'a'],
      [8, 'P', 'b'],
    ]);
    expect(asked.map(({ prompts, seed, stop }) => ({ prompts, seed, stop }))).toEqual(
      Array(2).fill({ prompts: ['P'], seed: 3, stop: ['END'] }),
    );
    expect(listeners.size).toBe(0);
  });

  it('stops the engine when the cell is stopped', async () => {
    const { engine, asked, stopped, answers } = slowEngine();
    const stop = new AbortController();
    const values = bind(engine, stop.signal)({ checkpoint: checkpoints })[Symbol.asyncIterator]();
    await values.next();
    const rest = values.next();
    stop.abort();
    expect(stopped).toEqual([asked[0]!.id]);
    answers[0]!(new DOMException('stopped', 'AbortError'));
    await expect(rest).rejects.toThrow('stopped');
    expect(asked).toHaveLength(1);
  });

  it.each([
    [{ checkpoint: checkpoints[0]!, topk: 3 }, /unknown field `topk`; did you mean `topK`/],
    [{ checkpoint: [] }, /`checkpoint` is wrong/],
    [{ checkpoint: checkpoints[0]!, topP: 0 }, /`topP` is wrong, got 0, expected more than 0/],
    [{ prompt: 'x' }, /`checkpoint` is missing/],
  ])('says what is wrong with %o', (spec, message) => {
    expect(() => bind(slowEngine().engine)(spec as never)).toThrow(message);
  });
});

describe('LiveGeneration', () => {
  it('grows by what is reported, and begins again when the engine does', () => {
    const live = new LiveGeneration(checkpoints, ['p', 'q'], 1);
    const report = (state: 'loading' | 'writing', ...tokens: [number, GeneratedToken][]) =>
      live.report(1, { type: 'generation', id: 'x', state, tokens });
    let changes = 0;
    const leave = live.subscribe(() => changes++);
    report('loading');
    report('writing', [0, token('a')], [1, token('x')]);
    report('writing', [0, token('b')]);
    expect(live.rows[1]!.texts.map(({ text }) => text)).toEqual(['ab', 'x']);
    expect(live.rows[0]!.state).toBe('queued');
    report('loading');
    expect(live.rows[1]!.texts.map(({ text }) => text)).toEqual(['', '']);
    expect(changes).toBe(4);
    leave();
  });
});
