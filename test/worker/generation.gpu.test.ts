/** Generating text through the worker's desk: in turn with a run, stoppable, reported, and the same whatever is asked with it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { executeRun } from '../../src/experiments/execute-run.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import { generateSchema, type GenerationEvent } from '../../src/worker/generation.ts';
import { GenerationDesk } from '../../src/worker/generation-desk.ts';
import { bytes, pretrain, testQueue, type TestQueue } from '../experiments/fixtures.ts';
import { testGpu } from '../gpu/device.ts';

const text = Array.from({ length: 40 }, (_, i) => `Day ${i}: the whale — a “white” one — was seen.`).join(
  '\n\n',
);
const spec = pretrain({ steps: 3, checkpoints: [0, 3], contextLength: 32 });
const checkpoint = { run: runId(spec), step: 3 };
let house: TestQueue;
let desk: GenerationDesk;
const events: GenerationEvent[] = [];

beforeEach(async () => {
  const gpu = () => testGpu();
  // The same each time: it is trained once.
  house = await testQueue(executeRun, { gpu, database: 'generation' });
  await house.resources.addFile('notes.txt', bytes(text));
  await house.queue.start(spec);
  if ((await house.store.runs.get(runId(spec)))!.status !== 'finished') await house.ended(spec);
  const { queue, store, resources } = house;
  desk = new GenerationDesk({ store, resources, gpu, turn: queue.turn, emit: (event) => events.push(event) });
});

let asked = 0;
const ask = (change: object) =>
  desk.generate(
    generateSchema.parse({ id: `g${asked++}`, checkpoint, prompts: ['Day 1'], newTokens: 8, ...change }),
  );

describe('generating text', () => {
  it('reports every token once, and what it reports is what it answers', async () => {
    const { texts } = await ask({ id: 'told', samples: 2, temperature: 1 });
    const own = events.filter(({ id }) => id === 'told');
    expect(own.map(({ state }) => state).slice(0, 3)).toEqual(['waiting', 'loading', 'writing']);
    texts.forEach((written, index) => {
      const told = own.flatMap(({ tokens }) =>
        tokens.filter(([at]) => at === index).map(([, token]) => token),
      );
      expect(told).toEqual(written.tokens);
      expect(told.map((token) => token.text).join('')).toBe(written.text);
    });
  });

  it('gives each token its probability, rank, entropy and the likeliest others', async () => {
    const { texts } = await ask({ alternatives: 3 });
    for (const token of texts[0]!.tokens) {
      expect(token).toMatchObject({ rank: 1, drawn: 1 });
      expect(token.alternatives).toHaveLength(3);
      expect(token.alternatives[0]).toEqual({ piece: token.piece, logProbability: token.logProbability });
      expect(token.entropy).toBeGreaterThan(0);
    }
  });

  it('writes the same text alone, among others, and when asked again', async () => {
    const options = { temperature: 1.5, topK: 40, topP: 0.95, seed: 11 };
    const many = await ask({ ...options, prompts: ['Day 1', 'the whale was', ''], samples: 3 });
    const alone = await ask({ ...options, prompts: ['the whale was'], samples: 2 });
    const same = many.texts.filter(({ prompt, sample }) => prompt === 1 && sample < 2);
    expect(same.map((written) => ({ ...written, prompt: 0 }))).toEqual(alone.texts);
    const other = await ask({ ...options, prompts: ['the whale was'], samples: 2, seed: 12 });
    expect(other.texts[0]!.text).not.toBe(alone.texts[0]!.text);
    expect(alone.texts[0]!.text).not.toBe(alone.texts[1]!.text);
  });

  it('writes from weights in bf16 nearly what it writes from those in f32', async () => {
    const [exact, rounded] = [await ask({}), await ask({ weights: 'bf16' })].map(({ texts }) => texts[0]!);
    const [first, other] = [exact!.tokens[0]!, rounded!.tokens[0]!].map(
      ({ logProbability }) => logProbability,
    );
    expect(other).not.toBe(first);
    expect(Math.abs(other! - first!)).toBeLessThan(0.01);
  });

  it('ends before a stop string', async () => {
    const free = (await ask({ newTokens: 12 })).texts[0]!;
    const stop = free.text.slice(2, 4);
    const { text: shorter, end, tokens } = (await ask({ newTokens: 12, stop: [stop] })).texts[0]!;
    expect([shorter, end]).toEqual([free.text.slice(0, free.text.indexOf(stop)), 'stop']);
    expect(tokens.map((token) => token.text).join('')).toBe(shorter);
  });

  it('leaves out the first tokens of a prompt that is too long, and says how many', async () => {
    const prompt = text.slice(0, 300);
    const { leftOut, contextLength } = await ask({ prompts: [prompt, 'Day'], newTokens: 30 });
    const { tokenizer } = await house.resources.tokenizer(spec.data.tokenizer);
    expect(leftOut).toEqual([
      tokenizer.encode(prompt).length - (contextLength - 30),
      tokenizer.encode('Day').length - 2,
    ]);
    await expect(ask({ newTokens: 32 })).rejects.toThrow(
      /^generate: newTokens leaves no room for a prompt, got 32, expected at most 31/,
    );
    expect((await ask({ newTokens: null })).newTokens).toBe(16);
  });

  it('goes between the steps of a run that has the GPU, which then goes on', async () => {
    const endless = pretrain({ steps: 100_000, checkpoints: [100_000] });
    await house.queue.start(endless);
    await house.until(endless, ({ status, done }) => status === 'running' && done > 0);
    const { texts } = await ask({});
    expect(texts[0]!.tokens).toHaveLength(8);
    const { done, status } = house.reports.findLast(({ run }) => run === runId(endless))!;
    expect(status).toBe('running');
    await house.until(endless, (report) => report.done > done);
    await house.queue.stop(runId(endless));
  });

  it('can be stopped while it waits and while it writes', async () => {
    const holder = house.queue.turn.join();
    await holder.granted;
    const waiting = ask({ id: 'waits' });
    desk.stop('waits');
    await expect(waiting).rejects.toThrow('stopped by the person');
    house.queue.turn.release();
    const writing = ask({ id: 'writes', newTokens: 31 });
    desk.stop('never was');
    while (!events.some(({ id, state }) => id === 'writes' && state === 'writing'))
      await new Promise((resolve) => setTimeout(resolve, 1));
    desk.stop('writes');
    await expect(writing).rejects.toThrow('stopped by the person');
    expect((await ask({})).texts).toHaveLength(1);
  });
});
