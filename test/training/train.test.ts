import { describe, expect, it } from 'vitest';
import { works, batchOf, weightsOf } from '../../bench/work.ts';
import { gptNeoX } from '../../src/models/gpt-neox.ts';
import { train } from '../../src/training/train.ts';
import { NonFiniteLossError, Trainer } from '../../src/training/trainer.ts';
import { testGpu } from '../gpu/device.ts';

const work = works.tiny;
const batchAt = (step: number) => batchOf(work, step);
/** Readings by steps alone. */
const every = { steps: 4, milliseconds: Infinity };

async function started(): Promise<Trainer> {
  const trainer = await Trainer.create(await testGpu(), gptNeoX, work.config, work.options);
  trainer.load('parameters', weightsOf(work));
  return trainer;
}

describe('train', () => {
  it('hands out a reading when the steps after it are submitted, and every step once, in order', async () => {
    const trainer = await started();
    const steps: number[] = [];
    const ahead: number[] = [];
    for await (const measured of train(trainer, { batchAt, until: 10, every })) {
      steps.push(...measured.map(({ step }) => step));
      ahead.push(trainer.step - steps.at(-1)!);
    }
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(ahead).toEqual([4, 2, 0]);
    await trainer.dispose();
  });

  it('measures the same as step by step', async () => {
    const trainers = await Promise.all([started(), started()]);
    const losses = trainers.map((): number[] => []);
    for await (const measured of train(trainers[0], { batchAt, until: 9, every }))
      losses[0]!.push(...measured.map(({ loss }) => loss));
    for (let step = 1; step <= 9; step++) {
      await trainers[1].submit(batchAt(step));
      losses[1]!.push((await trainers[1].measure())[0]!.loss);
    }
    expect(losses[0]).toEqual(losses[1]);
    await Promise.all(trainers.map((trainer) => trainer.dispose()));
  });

  it('returns at the boundary where it is enough, with all that was submitted measured', async () => {
    const trainer = await started();
    let last = 0;
    const enough = () => trainer.step >= 6;
    for await (const measured of train(trainer, { batchAt, until: 100, enough, every }))
      last = measured.at(-1)!.step;
    expect([last, trainer.step]).toEqual([6, 6]);
    // Always one step: whoever asks has made room for it.
    for await (const measured of train(trainer, { batchAt, until: 100, enough: () => true, every }))
      last = measured.at(-1)!.step;
    expect([last, trainer.step]).toEqual([7, 7]);
    await trainer.dispose();
  });

  it('fails at the first loss that is no number, with what was good before it', async () => {
    const trainer = await started();
    const poisoned = new Map(weightsOf(work)); // large enough that the first update overflows
    for (const [name, data] of poisoned)
      poisoned.set(
        name,
        data.map((value) => value * 1e30),
      );
    trainer.load('parameters', poisoned);
    const failing = (async () => {
      for await (const measured of train(trainer, { batchAt, until: 12, every })) void measured;
    })();
    const error: unknown = await failing.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteLossError);
    expect((error as NonFiniteLossError).before.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    await trainer.dispose();
  });
});
