/** What the engine worker does for requests about a run's performance. */
import type { PerformanceMeasurements, RunPerformance } from '../experiments/run-performance.ts';

type Asked = 'runs.performance' | 'runs.profile' | 'runs.tune';
export type PerformanceHandlers = {
  readonly [M in Asked]: (params: { readonly run: string }) => Promise<RunPerformance>;
};

export function performanceHandlers(measurements: PerformanceMeasurements): PerformanceHandlers {
  return {
    'runs.performance': ({ run }) => measurements.read(run),
    'runs.profile': ({ run }) => measurements.profile(run),
    'runs.tune': ({ run }) => measurements.tune(run),
  };
}
