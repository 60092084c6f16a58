/** Where a run's kernel variants come from, and that they stay: adapters are made up, nothing is timed. */
import { describe, expect, it } from 'vitest';
import { decideChoices } from '../../src/experiments/kernel-choices.ts';
import { adapterIdentity, TuningMemory } from '../../src/experiments/tuning-memory.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { Graph } from '../../src/graph/graph.ts';
import { portableLimits } from '../../src/graph/lowering.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { freshDatabase } from '../checkpoints/storage-fixtures.ts';

/** A software adapter: it is not tuned unasked, so that the fallbacks show. */
function adapter(name: string): Gpu {
  return {
    limits: portableLimits,
    profile: { software: true, subgroups: false },
    adapter: { name, vendor: 'a test', architecture: '', software: true },
  } as unknown as Gpu;
}

function product(): Graph {
  const graph = new Graph();
  matmul(graph, graph.input('a', [33, 65]), graph.input('b', [65, 31]));
  return graph;
}
const key = 'matmul-nn:33x31x65';

async function decide(
  gpu: Gpu,
  options: { environment?: object; pinned?: Record<string, string>; known?: string },
) {
  const memory = new TuningMemory(await freshDatabase());
  const { known } = options;
  if (known) await memory.add(gpu, { [key]: { chosen: known, fallback: 'register-8x8', candidates: [] } });
  return decideChoices(gpu, [product()], {
    pinned: options.pinned,
    environment: { ...options.environment },
    memory,
    activity: () => undefined,
  });
}

describe('the kernels of a run', () => {
  const gpu = adapter('one');
  const recorded = (choices: object) => ({ tuning: { adapter: adapterIdentity(gpu), choices } });

  it('are the fallbacks where nothing is known, written out with their names', async () => {
    const decided = await decide(gpu, {});
    expect(decided).toEqual({ adapter: adapterIdentity(gpu), choices: { [key]: 'register-8x8' } });
  });

  it('are what was the fastest on this adapter', async () => {
    expect((await decide(gpu, { known: 'register-4x4' })).choices).toEqual({ [key]: 'register-4x4' });
  });

  it('stay what the record says, whatever was found to be faster since', async () => {
    const environment = recorded({ [key]: 'register-8x8' });
    const decided = await decide(gpu, { environment, known: 'register-4x4' });
    expect(decided.choices).toEqual({ [key]: 'register-8x8' });
  });

  it('are decided anew on another adapter, and where the recorded variant is no more', async () => {
    const environment = recorded({ [key]: 'register-4x4' });
    expect((await decide(adapter('two'), { environment })).choices).toEqual({ [key]: 'register-8x8' });
    const gone = recorded({ [key]: 'a kernel of long ago' });
    expect((await decide(gpu, { environment: gone })).choices).toEqual({ [key]: 'register-8x8' });
  });

  it('are those that the spec pins, before all else; one that does not exist is refused by name', async () => {
    const environment = recorded({ [key]: 'register-8x8' });
    const pinned = { [key]: 'register-4x4' };
    expect((await decide(gpu, { environment, pinned })).choices).toEqual(pinned);
    await expect(decide(gpu, { pinned: { [key]: 'fast' } })).rejects.toThrow('no kernel is named fast');
  });
});

describe('an adapter', () => {
  it('is another one with another version of the browser', () => {
    const gpu = adapter('one');
    const chrome = (version: number) =>
      `Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/${version}.0.0.0 Safari/537.36`;
    expect(adapterIdentity(gpu, chrome(143))).toBe('a test · one · Chrome/143');
    expect(adapterIdentity(gpu, chrome(144))).not.toBe(adapterIdentity(gpu, chrome(143)));
  });
});
