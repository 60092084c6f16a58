/** A spec's optimizer as the trainer takes it. */
import type { Schedule } from '../training/schedule.ts';
import type { AdamWOptions } from '../training/training-graph.ts';
import type { OptimizerSpec } from './spec.ts';

export function adamwOptions({
  betas,
  epsilon,
  weightDecay,
  maxGradNorm,
  moments,
}: OptimizerSpec): AdamWOptions {
  return { betas, epsilon, weightDecay, maxGradNorm, moments };
}

export function scheduleOf(
  { schedule, learningRate, warmupSteps, finalFraction }: OptimizerSpec,
  steps: number,
): Schedule {
  return { kind: schedule, peak: learningRate, warmupSteps, steps, finalFraction };
}
