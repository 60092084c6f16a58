import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/device.ts';
import { formatCheck, passes, worst } from './comparison.ts';
import { checkDirectory } from './parity.ts';

const here = import.meta.dirname;
const directories = readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('parity with transformers and torch.optim.AdamW', () => {
  it.each(directories.map(({ name }) => name))('holds for %s', async (name) => {
    const checks = await checkDirectory(await testGpu(), join(here, name));
    expect(checks).toHaveLength(5);
    expect(checks.filter((check) => !passes(check)).map(formatCheck)).toEqual([]);
  });

  it('counts NaN as the worst, and as a failure', () => {
    const check = (relative: number) => ({ name: 'x', absolute: 0, relative, tolerance: 1 });
    for (const order of [
      [1, NaN, 2],
      [NaN, 1, 2],
      [1, 2, NaN],
    ]) {
      expect(worst(order.map(check)).relative).toBeNaN();
    }
    expect(worst([1, 3, 2].map(check)).relative).toBe(3);
    expect(passes(check(NaN))).toBe(false);
  });

  it('takes the one that is furthest over its own tolerance for the worst', () => {
    const checks = [
      { name: 'loose', absolute: 0, relative: 3e-4, tolerance: 1e-3 },
      { name: 'tight', absolute: 0, relative: 2e-4, tolerance: 1e-4 },
    ];
    expect(worst(checks).name).toBe('tight');
  });
});
