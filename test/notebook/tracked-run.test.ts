/** One run followed by a cell: what it learns of the run on the way. */
import { expect, it, vi } from 'vitest';
import { runSpecSchema } from '../../src/experiments/spec.ts';
import type { StepRecord } from '../../src/experiments/run.ts';
import { TrackedRun } from '../../src/notebook/tracked-run.ts';
import { evaluateInput, finetuneInput, pretrainInput } from '../ui/run-fixtures.ts';
import { FakeEngine } from './fake-engine.ts';

const firstStep = (run: string): StepRecord => ({
  run,
  step: 1,
  loss: 6,
  gradNorm: 1,
  learningRate: 1e-3,
  tokens: 305,
});

it('has the facts of a run from its first step on, long before its end', async () => {
  const engine = new FakeEngine();
  const run = new TrackedRun(runSpecSchema.parse(pretrainInput), engine, () => undefined);
  engine.subscribe((event) => run.hear(event));
  await run.start();
  const { id } = run.handle;
  engine.report(id, 'running', { activity: 'compiling' });
  expect(engine.asked('runs.get')).toEqual([]);
  engine.records.set(id, { ...engine.records.get(id)!, facts: { 'unigram entropy': 4.5 } });
  engine.report(id, 'running', { steps: [firstStep(id)] });
  await vi.waitFor(() => expect(run.record.facts).toEqual({ 'unigram entropy': 4.5 }));
  engine.report(id, 'running', { steps: [{ ...firstStep(id), step: 2 }] });
  expect(engine.asked('runs.get')).toHaveLength(1);
  expect(run.ended).toBe(false);
});

it('knows what the evaluated checkpoint comes from', async () => {
  const engine = new FakeEngine();
  const tuned = new TrackedRun(runSpecSchema.parse(finetuneInput('p', 64)), engine, () => undefined);
  await tuned.start();
  const evaluation = runSpecSchema.parse(evaluateInput(tuned.handle.id, 7));
  const run = new TrackedRun(evaluation, engine, () => undefined);
  await run.start();
  expect(run.parent).toEqual(tuned.handle.spec);
});
