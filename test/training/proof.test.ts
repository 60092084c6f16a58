/** What must hold over a whole run: the same bits twice and across a pause, and nothing that grows. */
import { describe, expect, it } from 'vitest';
import { hashesOfRepeats, measureGrowth } from '../../bench/proof.ts';
import { works } from '../../bench/work.ts';
import { testGpu } from '../gpu/device.ts';

describe('a run of 200 steps', () => {
  it('ends on the same weights and moments twice, and when it is paused, saved and resumed', async () => {
    const { straight, again, resumed } = await hashesOfRepeats(await testGpu(), works.tiny, 200);
    expect(straight).toMatch(/^[0-9a-f]{64}$/);
    expect(again).toBe(straight);
    expect(resumed).toBe(straight);
  });
});

describe('a run of 60 steps by weights in bf16', () => {
  it('ends on the same weights and moments twice, and when it is paused, saved and resumed', async () => {
    const work = { ...works.tiny, options: { ...works.tiny.options, weights: 'bf16' as const } };
    const { straight, again, resumed } = await hashesOfRepeats(await testGpu(), work, 60);
    expect(again).toBe(straight);
    expect(resumed).toBe(straight);
    expect(straight).not.toBe((await hashesOfRepeats(await testGpu(), works.tiny, 60)).straight);
  });
});

describe('a run of many steps', () => {
  it('holds the same buffers at its end as early on, and reads back once in sixteen steps', async () => {
    const { from, to } = await measureGrowth(works.tiny, 192);
    expect(from.bufferBytes).toBeGreaterThan(0);
    expect(to.bufferBytes).toBe(from.bufferBytes);
    expect(to.step - from.step).toBe(160);
    expect(to.mappings - from.mappings).toBe(160 / 16);
  });
});
