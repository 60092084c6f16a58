/** The engine itself. */
import { openNodeGpu } from '../../scripts/node-gpu.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { gptNeoX } from '../../src/models/gpt-neox.ts';
import { Trainer } from '../../src/training/trainer.ts';
import { Meter } from '../meter.ts';
import { versions } from '../versions.ts';
import { batchOf, weightsOf, type Work } from '../work.ts';
import { timed, type Contestant } from './contestant.ts';

export async function startAmuro(work: Work): Promise<Contestant> {
  const weights = weightsOf(work);
  let gpu: Gpu;
  let meter: Meter;
  let trainer: Trainer;
  const run = async (step: number) => {
    await trainer.submit(batchOf(work, step));
    return (await trainer.measure()).at(-1)!.loss;
  };
  const first = await timed(async () => {
    gpu = await openNodeGpu();
    meter = new Meter(gpu.device);
    trainer = await Trainer.create(gpu, gptNeoX, work.config, work.options);
    trainer.load('parameters', weights);
    return run(1);
  });
  return {
    name: `amuro ${versions.amuro}`,
    first,
    step: (step) => timed(() => run(step)),
    async encode(step) {
      await gpu.finish();
      const batch = batchOf(work, step);
      const start = performance.now();
      const submitted = trainer.submit(batch);
      const milliseconds = performance.now() - start;
      await submitted;
      await trainer.measure();
      return milliseconds;
    },
    async replay() {
      await gpu.finish();
      const start = performance.now();
      trainer.program.forwardBackward.run();
      const milliseconds = performance.now() - start;
      await gpu.finish();
      return milliseconds;
    },
    async countDispatches(step) {
      meter.countCommands(gpu.device);
      await run(step);
      return meter.dispatches;
    },
    peakBytes: () => meter.peak,
    async dispose() {
      await trainer.dispose();
      gpu.destroy();
    },
  };
}
