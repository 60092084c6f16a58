/**
 * Which kernel variants a run takes. They decide its bits, so they are decided before its first step, kept in its
 * record, and taken from there ever after: by spec, else as recorded, else as tuned on this adapter.
 */
import { z } from 'zod';
import type { Gpu } from '../gpu/device.ts';
import type { Graph } from '../graph/graph.ts';
import type { KernelChoices } from '../graph/lowering.ts';
import { choicesIn, choicesOf, fullyTuned, tune, type Tuning } from '../performance/tuner.ts';
import { adapterIdentity, type TuningMemory } from './tuning-memory.ts';

const recordedSchema = z.object({ adapter: z.string(), choices: z.record(z.string(), z.string()) });
export type RecordedChoices = z.infer<typeof recordedSchema>;

/** What tuning may take before a run's first step, in ms. The rest waits until a run has ended. */
const firstUseBudget = 250;
/** What tuning may take after a run has ended, in ms. */
const leftoverBudget = 2000;

export interface ChoiceOptions {
  /** Exactly these, and the fallbacks beside them. */
  readonly pinned: KernelChoices | undefined;
  /** The run's environment as recorded by an earlier session. */
  readonly environment: Readonly<Record<string, unknown>>;
  readonly memory: TuningMemory;
  readonly activity: (text: string) => void;
}

/** What a run's record says of its kernels, or null where it says nothing. */
export function recordedChoices(environment: Readonly<Record<string, unknown>>): RecordedChoices | null {
  return recordedSchema.safeParse(environment.tuning).data ?? null;
}

/** Every choice of these graphs, decided, in the form that is recorded. @throws Error naming a pinned variant that does not exist */
export async function decideChoices(
  gpu: Gpu,
  graphs: readonly Graph[],
  { pinned, environment, memory, activity }: ChoiceOptions,
): Promise<RecordedChoices> {
  const adapter = adapterIdentity(gpu);
  if (pinned) return { adapter, choices: choicesIn(gpu, graphs, pinned) };
  const recorded = recordedChoices(environment);
  if (recorded?.adapter === adapter) {
    try {
      return { adapter, choices: choicesIn(gpu, graphs, recorded.choices) };
    } catch {
      // A newer version of the app has other kernels: the run cannot have its old bits any more, and gets new choices.
    }
  }
  const known = await memory.tuning(gpu);
  const tuning = await tuneWithin(gpu, graphs, known, firstUseBudget, activity);
  if (tuning !== known) await memory.add(gpu, tuning);
  return { adapter, choices: choicesIn(gpu, graphs, choicesOf(tuning)) };
}

/** After a run: measures what its first use had no time for, so that the next run has it. */
export async function tuneLeftovers(
  gpu: Gpu,
  graphs: readonly Graph[],
  { memory, activity }: Pick<ChoiceOptions, 'memory' | 'activity'>,
): Promise<void> {
  const known = await memory.tuning(gpu);
  const tuning = await tuneWithin(gpu, graphs, known, leftoverBudget, activity);
  if (tuning !== known) await memory.add(gpu, tuning);
}

/**
 * A software adapter is not tuned unasked: one pipeline takes it longer to compile than a better kernel would save in
 * many steps, and its fallbacks were chosen by measurement.
 */
async function tuneWithin(
  gpu: Gpu,
  graphs: readonly Graph[],
  known: Tuning,
  budget: number,
  activity: (text: string) => void,
): Promise<Tuning> {
  if (gpu.profile.software || fullyTuned(gpu, graphs, known)) return known;
  activity('tuning kernels');
  const end = performance.now() + budget;
  return tune(gpu, graphs, { known, expired: () => performance.now() > end });
}
