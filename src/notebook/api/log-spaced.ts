/** `logSpaced`: steps that double, for checkpoints: most of what a model learns, it learns early. */
import type { Builtin } from '../builtins.ts';

export const logSpaced: Builtin<(steps: number) => number[]> = {
  signature: 'logSpaced(steps)',
  doc: 'Steps 0, 1, 2, 4, 8, … and the last: logSpaced(100) ends with 32, 64, 100.',
  bind: () => (steps) => {
    if (!Number.isSafeInteger(steps) || steps < 0) {
      throw new RangeError(`logSpaced: steps is wrong, got ${steps}, expected a whole number of at least 0`);
    }
    const spaced = [0];
    for (let step = 1; step < steps; step *= 2) spaced.push(step);
    if (steps > 0) spaced.push(steps);
    return spaced;
  },
};
