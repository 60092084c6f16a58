/** Which kernels a plan runs, in which variants: recorded with a run, for bits depend on them. */
import type { StepProgram } from '../training/step-program.ts';

/** Kernel with its variant's declarations, e.g. `matmul-tile TILE=8` → dispatches of it in one step. */
export function kernelCensus({ prepared }: Pick<StepProgram, 'prepared'>): Readonly<Record<string, number>> {
  const census: Record<string, number> = {};
  for (const { dispatch } of prepared) {
    const { constants = {}, aliases = {} } = dispatch.variant ?? {};
    const declared = [...Object.entries(constants), ...Object.entries(aliases)];
    const name = [dispatch.shader.name, ...declared.map(([key, value]) => `${key}=${value}`)].join(' ');
    census[name] = (census[name] ?? 0) + 1;
  }
  return census;
}
