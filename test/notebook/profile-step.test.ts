/** `profileStep` in a cell: what is measured, what is kept, and its rates. */
import { describe, expect, it } from 'vitest';
import { profileStep } from '../../src/notebook/api/profile-step.ts';
import type { CellContext } from '../../src/notebook/builtins.ts';
import type { RunHandle } from '../../src/notebook/run-handle.ts';
import { transpile } from '../../src/notebook/transpile.ts';
import { runPerformance, unmeasured } from '../ui/performance-fixtures.ts';

const run = { id: 'p' } as RunHandle;

function cell(kept = unmeasured) {
  const asked: string[] = [];
  const request = (method: string, params: unknown) => {
    asked.push(`${method} ${JSON.stringify(params)}`);
    return Promise.resolve(method === 'runs.profile' ? runPerformance : kept);
  };
  return { profile: profileStep.bind({ engine: { request } } as unknown as CellContext), asked };
}

describe('profileStep', () => {
  it('measures a run once, and again only when told to', async () => {
    const first = cell();
    await first.profile(run);
    expect(first.asked).toEqual(['runs.performance {"run":"p"}', 'runs.profile {"run":"p"}']);
    const second = cell(runPerformance);
    await second.profile(run);
    expect(second.asked).toEqual(['runs.performance {"run":"p"}']);
    await second.profile(run, { again: true });
    expect(second.asked.slice(1)).toEqual(['runs.profile {"run":"p"}']);
  });

  it('gives shares and rates per second, none for operations that are not counted', async () => {
    const { kernels, adapter } = await cell().profile(run);
    expect(adapter).toBe('An adapter');
    expect(kernels[0]).toMatchObject({ share: 0.6, flopsPerSecond: 10e9, bytesPerSecond: 0.5e9 });
    expect(kernels[1]).toMatchObject({ share: 0.3, flopsPerSecond: null, bytesPerSecond: 3e9 });
  });

  it('makes its cell one that runs only when a person says so', () => {
    expect(transpile('const costs = await profileStep(run)').expensive).toBe(true);
  });
});
