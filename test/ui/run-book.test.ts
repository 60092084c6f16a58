/** Runs as the page follows them. */
import { beforeEach, expect, it, vi } from 'vitest';
import type { RunProgress } from '../../src/experiments/run.ts';
import { RunBook } from '../../src/ui/run-book.ts';
import { MemoryEngine } from './memory-engine.ts';
import { pretrainInput, view } from './run-fixtures.ts';

let engine: MemoryEngine;
let book: RunBook;
beforeEach(() => {
  engine = new MemoryEngine();
  book = new RunBook(engine);
});

const report = (run: string, step: number, status: RunProgress['status'] = 'running'): void => {
  const measured = { run, step, loss: 5, gradNorm: 1, learningRate: 1, tokens: step };
  const { progress } = view(run, pretrainInput, {}, { status, done: step, steps: [measured] });
  engine.emit({ type: 'progress', progress: progress! });
};

it('joins reports to records and collects their steps', async () => {
  engine.records = [view('p', pretrainInput, { status: 'running', done: 0 }).record];
  await book.refresh();
  report('p', 1);
  report('p', 2);
  expect(book.views.value[0]!.progress!.done).toBe(2);
  expect(book.steps('p').map(({ step }) => step)).toEqual([1, 2]);
});

it('reads the record of a run it hears of for the first time', async () => {
  engine.records = [view('new', pretrainInput, { status: 'running' }).record];
  report('new', 1);
  await vi.waitFor(() => expect(book.views.value.map(({ record }) => record.id)).toEqual(['new']));
});

it('reads the record again when a run is over', async () => {
  engine.records = [view('p', pretrainInput, { status: 'running' }).record];
  await book.refresh();
  engine.records = [view('p', pretrainInput, { status: 'finished', seconds: 99 }).record];
  report('p', 37, 'finished');
  await vi.waitFor(() => expect(book.views.value[0]!.record.seconds).toBe(99));
});

it('counts as activity only what the engine reports, not what a closed page left running in the records', async () => {
  engine.records = ['a', 'b'].map((id) => view(id, pretrainInput, { status: 'running' }).record);
  await book.refresh();
  report('a', 1);
  expect(book.activity.open).toBe(1);
  expect(book.activity.current?.record.id).toBe('a');
});

it('takes a step measured again after a resume for the newer one', () => {
  for (const step of [1, 2, 3, 2, 3, 4]) report('p', step);
  expect(book.steps('p').map(({ step }) => step)).toEqual([1, 2, 3, 4]);
});
