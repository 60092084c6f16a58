/** The same model in jax-js, one jitted step on its WebGPU backend. It knows one device for the life of a process. */
import { getWebGPUDevice } from '@jax-js/jax';
import { openNodeGpu } from '../../scripts/node-gpu.ts';
import { gptNeoX } from '../../src/models/gpt-neox.ts';
import { Meter } from '../meter.ts';
import { JaxTrainer, startBackend } from '../peers/jax-gpt-neox.ts';
import { versions } from '../versions.ts';
import { batchOf, weightsOf, type Work } from '../work.ts';
import { timed, type Contestant } from './contestant.ts';

export async function startJax(work: Work): Promise<Contestant> {
  const weights = weightsOf(work);
  (await openNodeGpu()).destroy(); // leaves an adapter at navigator.gpu, where jax-js looks
  let meter: Meter | undefined;
  watchNextDevice((device) => (meter = new Meter(device)));
  let trainer: JaxTrainer;
  const run = async (step: number): Promise<number> => {
    const loss = trainer.submit(batchOf(work, step));
    await trainer.finish();
    return ((await loss.data()) as Float32Array)[0]!;
  };
  const first = await timed(async () => {
    await startBackend();
    trainer = new JaxTrainer(gptNeoX.parameters(work.config), weights, work.config, work.options);
    return run(1);
  });
  return {
    name: `jax-js ${versions['@jax-js/jax']}`,
    first,
    step: (step) => timed(() => run(step)),
    async encode(step) {
      await trainer.finish();
      const batch = batchOf(work, step);
      const start = performance.now();
      trainer.submit(batch).dispose();
      const milliseconds = performance.now() - start;
      await trainer.finish();
      return milliseconds;
    },
    async countDispatches(step) {
      const before = meter!.dispatches;
      meter!.countCommands(getWebGPUDevice());
      await run(step);
      return meter!.dispatches - before;
    },
    peakBytes: () => meter?.peak ?? null,
    // eslint-disable-next-line @typescript-eslint/require-await
    async dispose() {
      trainer.dispose();
    },
  };
}

/** Calls back with the next device that anybody asks `navigator.gpu` for. */
function watchNextDevice(seen: (device: GPUDevice) => void): void {
  const { gpu } = globalThis.navigator;
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  gpu.requestAdapter = async (options) => {
    const adapter = await requestAdapter(options);
    if (!adapter) return adapter;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      seen(device);
      return device;
    };
    return adapter;
  };
}
