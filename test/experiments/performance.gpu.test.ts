/** Measuring a run's performance: while it runs, without changing a bit of it, and after it has ended. */
import { beforeAll, describe, expect, it } from 'vitest';
import { toFloat32 } from '../../src/checkpoints/tensor-source.ts';
import { executeRun } from '../../src/experiments/execute-run.ts';
import { PerformanceMeasurements } from '../../src/experiments/run-performance.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import type { PretrainSpec } from '../../src/experiments/spec.ts';
import { TuningMemory } from '../../src/experiments/tuning-memory.ts';
import { testGpu } from '../gpu/device.ts';
import { bytes, corpora, evaluate, pretrain, recordOf, testQueue, type TestQueue } from './fixtures.ts';

const text = Array.from({ length: 400 }, (_, i) => `line ${i} of ${(i * 37) % 101} notes`).join('\n');

async function browser(): Promise<TestQueue & { readonly measurements: PerformanceMeasurements }> {
  const gpu = await testGpu();
  const made = await testQueue(executeRun, { gpu: () => Promise.resolve(gpu) });
  await made.resources.addFile('notes.txt', bytes(text));
  // Measured ceilings have a test of their own, and take seconds.
  const ceilings = {
    arithmetic: 4,
    matmul: 3,
    matmulKernel: 'made up',
    bandwidth: 2,
    timer: 'clock',
  } as const;
  await new TuningMemory(made.store.database).ceilings(gpu, () => Promise.resolve(ceilings));
  const { store, resources, queue } = made;
  const measurements = new PerformanceMeasurements(store, resources, queue.turn, () => Promise.resolve(gpu));
  return { ...made, measurements };
}

async function weights({ store }: TestQueue, spec: PretrainSpec): Promise<Record<string, Float32Array>> {
  const { steps } = spec;
  const checkpoint = await store.loadCheckpoint({ run: runId(spec), step: steps });
  const read = Object.entries(checkpoint.weights).map(
    async ([name, source]) => [name, await toFloat32(source)] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}

/** The one document there is is trained on. */
const data = { corpora, tokenizer: { vocabularySize: 260, corpora }, validationFraction: 0 };

describe('profiling', () => {
  /** So many that a request made when the first are reported is served before the last. */
  const steps = 80;
  const spec = pretrain({ data, steps, checkpoints: [steps] });
  let plain: Record<string, Float32Array>;

  beforeAll(async () => {
    const undisturbed = await browser();
    await undisturbed.queue.start(spec);
    expect((await undisturbed.ended(spec)).error).toBeNull();
    plain = await weights(undisturbed, spec);
  });

  it('measures a step while the run is at work, and changes no bit of its weights', async () => {
    const profiled = await browser();
    await profiled.queue.start(spec);
    await profiled.until(spec, ({ done }) => done > 0);
    const { report } = await profiled.measurements.profile(runId(spec));
    const { error, updatedAt } = await profiled.ended(spec);
    expect(error).toBeNull();
    // Measured while the run was not over: its record was still to be written to.
    expect(report!.measuredAt).toBeLessThanOrEqual(updatedAt);
    expect(await weights(profiled, spec)).toEqual(plain);

    const { kernels, dispatches, memory, flops, tokensPerStep } = report!;
    expect(kernels.reduce((count, kernel) => count + kernel.dispatches, 0)).toBe(dispatches);
    expect(tokensPerStep).toBe(16);
    expect(flops).toBeGreaterThan(0);
    const parts = Object.entries(memory).filter(([name]) => name !== 'total' && !name.startsWith('of it'));
    expect(parts.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(memory.total);
    expect(memory.moments).toBe(2 * memory.parameters!);
  });

  it('tunes the choices of a run for those that begin later, and leaves its own', async () => {
    const tuned = await browser();
    const short = pretrain({ data, steps: 2, checkpoints: [2] });
    await tuned.queue.start(short);
    await tuned.ended(short);
    const before = await tuned.measurements.read(runId(short));
    expect([before.report, Object.keys(before.choices).length > 0]).toEqual([null, true]);
    const after = await tuned.measurements.tune(runId(short));
    expect(after.choices).toEqual(before.choices);
    const measured = Object.values(after.tuning);
    expect(measured.length).toBeGreaterThan(0);
    for (const { chosen, candidates } of measured)
      expect(candidates.map(({ name }) => name)).toContain(chosen);

    const next = pretrain({ data, steps: 2, checkpoints: [2], seed: 5 });
    await tuned.queue.start(next);
    await tuned.ended(next);
    const { choices, tuning } = await tuned.measurements.read(runId(next));
    for (const [key, { chosen }] of Object.entries(tuning)) expect(choices[key], key).toBe(chosen);
  });

  it('measures a step of a run that is over, keeps it, and forgets it with the run', async () => {
    const over = await browser();
    const short = pretrain({ data, steps: 2, checkpoints: [2] });
    await over.queue.start(short);
    await over.ended(short);
    await over.measurements.profile(runId(short));
    expect((await over.measurements.read(runId(short))).report!.kernels.length).toBeGreaterThan(0);
    await over.store.removeRun(runId(short));
    expect((await over.measurements.read(runId(short))).report).toBeNull();
  });

  it('pins kernels by the spec: the same choices, given, make the same bits', async () => {
    const first = await browser();
    await first.queue.start(spec);
    await first.ended(spec);
    const { choices } = await first.measurements.read(runId(spec));
    const pinned = pretrain({ data, steps, checkpoints: [steps], kernels: choices });
    const second = await browser();
    await second.queue.start(pinned);
    expect((await second.ended(pinned)).error).toBeNull();
    expect(await weights(second, pinned)).toEqual(plain);
    expect((await second.measurements.read(runId(pinned))).choices).toEqual(choices);
  });

  it('refuses what takes no training steps', async () => {
    const { store, measurements } = await browser();
    const spec = evaluate({ run: 'a', step: 1 });
    await store.runs.put(recordOf(spec));
    await expect(measurements.profile(runId(spec))).rejects.toThrow('expected a training run');
    await expect(measurements.profile('nobody')).rejects.toThrow('not kept');
  });
});
