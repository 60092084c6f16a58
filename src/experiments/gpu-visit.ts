/** Work of seconds on the GPU, such as generating text: between two steps of the run that has it, before those that wait. */
import type { Gpu } from '../gpu/device.ts';
import { withRecovery } from './device-recovery.ts';
import type { Turn } from './turn.ts';

/**
 * Does `work` on the GPU when the turn is given, again on a new device where one is lost.
 * @throws the signal's reason when aborted while it waits; once it has begun, the work itself listens to the signal
 */
export async function visitGpu<Result>(
  turn: Turn,
  gpu: () => Promise<Gpu>,
  signal: AbortSignal,
  work: (gpu: Gpu) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const place = turn.visit();
  let wake!: () => void;
  const aborted = new Promise<void>((resolve) => (wake = resolve));
  signal.addEventListener('abort', wake, { once: true });
  await Promise.race([place.granted, aborted]);
  signal.removeEventListener('abort', wake);
  if (signal.aborted) {
    place.withdraw();
    signal.throwIfAborted();
  }
  try {
    return await withRecovery(
      gpu,
      () => undefined,
      () => 0,
      work,
    );
  } finally {
    turn.release();
  }
}
