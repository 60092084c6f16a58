/**
 * Which of several variants is the fastest, from measurements that other work on the machine disturbs: every variant
 * takes its turn in every round, medians count, and the fallback stays unless another is better by a margin.
 */
import { median } from './median.ts';

export interface Candidate {
  readonly name: string;
  /** The median of its rounds; null where it could not run. */
  readonly milliseconds: number | null;
}

export interface Selection {
  readonly chosen: string;
  readonly fallback: string;
  readonly candidates: readonly Candidate[];
}

export interface SelectionOptions {
  readonly rounds?: number;
  /** Whether there is no time left; asked before every measurement. */
  readonly expired?: () => boolean;
}

/** A variant must take this much less time than the fallback: less than that is noise, and changes bits for nothing. */
const margin = 0.05;
/** After its first round a variant this many times slower than the fastest is measured no more. */
const hopeless = 1.5;

/**
 * @param names the fallback first
 * @param measure milliseconds of one run, or null where the variant cannot run
 * @returns null where time ran out before every variant had its first round and those in question all of theirs
 */
export async function selectVariant(
  names: readonly string[],
  measure: (name: string) => Promise<number | null>,
  { rounds = 3, expired = () => false }: SelectionOptions = {},
): Promise<Selection | null> {
  const fallback = names[0]!;
  const samples = new Map<string, number[]>();
  const sample = async (name: string): Promise<void> => {
    const milliseconds = await measure(name);
    const before = samples.get(name) ?? [];
    samples.set(name, milliseconds === null ? before : [...before, milliseconds]);
  };
  for (const name of names) {
    if (expired()) return null;
    await sample(name);
  }
  const able = names.filter((name) => samples.get(name)!.length > 0);
  const fastest = Math.min(...able.map((name) => samples.get(name)![0]!));
  const hopeful = able.filter((name) => name === fallback || samples.get(name)![0]! <= hopeless * fastest);
  for (let round = 1; round < rounds && hopeful.length > 1; round++) {
    // Another one begins every round: a machine that warms up, or slows down, must not favour any.
    for (let turn = 0; turn < hopeful.length; turn++) {
      if (expired()) return null;
      await sample(hopeful[(turn + round) % hopeful.length]!);
    }
  }
  const time = (name: string): number =>
    samples.get(name)!.length > 0 ? median(samples.get(name)!) : Infinity;
  const best = hopeful.reduce((a, b) => (time(b) < time(a) ? b : a), fallback);
  const candidates = names.map((name) => ({
    name,
    milliseconds: Number.isFinite(time(name)) ? time(name) : null,
  }));
  return { chosen: time(best) < (1 - margin) * time(fallback) ? best : fallback, fallback, candidates };
}
