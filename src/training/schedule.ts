/** Learning-rate schedules: linear warm-up, then constant, linear or cosine decay. As transformers' get_*_schedule. */

export interface Schedule {
  readonly kind: 'constant' | 'linear' | 'cosine';
  readonly peak: number;
  readonly warmupSteps: number;
  /** Steps in all, warm-up included. */
  readonly steps: number;
  /** The decay ends at this fraction of the peak. */
  readonly finalFraction: number;
}

/** Learning rate of update `step`, counted from 1. The first update of a warm-up of w steps has peak · 1/w. */
export function learningRate(schedule: Schedule, step: number): number {
  const { peak, warmupSteps, steps, finalFraction } = schedule;
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  if (schedule.kind === 'constant') return peak;
  // The last update is the one that runs at the final fraction.
  const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  const shape = schedule.kind === 'linear' ? 1 - progress : (1 + Math.cos(Math.PI * progress)) / 2;
  return peak * (finalFraction + (1 - finalFraction) * shape);
}
