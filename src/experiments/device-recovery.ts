/** Going on after the GPU device was lost: the same work again, on a new device, from its last checkpoint. */
import { DeviceLostError, type Gpu } from '../gpu/device.ts';

/** How often work may lose its device without getting anything done before it is given up. */
const maximumLosses = 3;
/** A dying device may refuse a command before it says that it is lost, in ms. */
const lastWords = 200;

/**
 * Does `work` on the current device, again after each loss.
 * @param done how much has been done so far, to tell bad luck from a run that breaks every device
 * @throws what `work` throws on a device that lives; Error with advice after too many losses
 */
export async function withRecovery<Result>(
  device: () => Promise<Gpu>,
  activity: (text: string) => void,
  done: () => number,
  work: (gpu: Gpu) => Promise<Result>,
): Promise<Result> {
  for (let losses = 0, doneBefore = -1; ;) {
    const gpu = await device();
    try {
      return await work(gpu);
    } catch (error) {
      const loss = await lossBehind(error, gpu);
      if (!loss) throw error;
      losses = done() > doneBefore ? 1 : losses + 1;
      doneBefore = done();
      if (losses > maximumLosses) {
        throw new Error(
          `${loss.message} It was lost ${losses} times without a step in between. Close other GPU-heavy tabs, ` +
            'use a smaller batch, or update the graphics driver; then press Run to go on from the last checkpoint.',
          { cause: loss },
        );
      }
      activity('the GPU was lost; starting again from the last checkpoint');
    }
  }
}

/** The loss that made the work fail, or null where the device lives. */
async function lossBehind(error: unknown, gpu: Gpu): Promise<DeviceLostError | null> {
  if (error instanceof DeviceLostError) return error;
  return Promise.race([gpu.lost, new Promise<null>((resolve) => setTimeout(() => resolve(null), lastWords))]);
}
