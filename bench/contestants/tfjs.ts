/** The same model in tfjs's operations, on its WebGPU backend. */
import { openNodeGpu } from '../../scripts/node-gpu.ts';
import { attachTfjs, flush, type WebGPUBackend } from '../../src/analysis/tfjs-backend.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { gptNeoX } from '../../src/models/gpt-neox.ts';
import type { Batch } from '../../src/training/batch.ts';
import { Meter } from '../meter.ts';
import { TfjsTrainer } from '../peers/tfjs-gpt-neox.ts';
import { batchOf, weightsOf, type Work } from '../work.ts';
import { timed, type Contestant } from './contestant.ts';

export async function startTfjs(work: Work): Promise<Contestant> {
  const weights = weightsOf(work);
  let gpu: Gpu;
  let meter: Meter;
  let backend: WebGPUBackend;
  let trainer: TfjsTrainer;
  const submit = (batch: Batch) => {
    const loss = trainer.step(batch);
    flush(backend);
    return loss;
  };
  const run = async (step: number) => {
    const loss = submit(batchOf(work, step));
    const value = (await loss.data())[0]!;
    loss.dispose();
    await gpu.finish(); // the update's last commands come after the loss
    return value;
  };
  const first = await timed(async () => {
    gpu = await openNodeGpu();
    meter = new Meter(gpu.device);
    backend = await attachTfjs(gpu);
    trainer = new TfjsTrainer(gptNeoX.parameters(work.config), weights, work.config, work.options);
    return run(1);
  });
  return {
    name: 'tfjs-webgpu 4.22.0',
    first,
    step: (step) => timed(() => run(step)),
    async encode(step) {
      await gpu.finish();
      const batch = batchOf(work, step);
      const start = performance.now();
      submit(batch).dispose();
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
    // eslint-disable-next-line @typescript-eslint/require-await
    async dispose() {
      trainer.dispose();
      gpu.destroy();
    },
  };
}
