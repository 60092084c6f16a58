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

  it('fails at the first loss that is no number, with all that was good before it handed out', async () => {
    const trainer = await started();
    const broken = [...weightsOf(work)].map(([name, data]) => [name, data.map(() => NaN)] as const);
    const breaking = (step: number) => {
      if (step === 6) trainer.load('parameters', broken);
      return batchAt(step);
    };
    const steps: number[] = [];
    const failing = (async () => {
      for await (const measured of train(trainer, { batchAt: breaking, until: 12, every }))
        steps.push(...measured.map(({ step }) => step));
    })();
    const error: unknown = await failing.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteLossError);
    expect(steps).toEqual([1, 2, 3, 4]);
    expect((error as NonFiniteLossError).before.map(({ step }) => step)).toEqual([5]);
    await trainer.dispose();
  });
});
