import { describe, expect, it } from 'vitest';
import { portableLimits } from '../../src/graph/lowering.ts';
import type { LoweringContext } from '../../src/graph/operation.ts';
import { fallbackVariant, tunableVariants } from '../../src/ops/matmul-choice.ts';
import { matmulKernels } from '../../src/ops/matmul-kernels.ts';
import type { MatmulShape } from '../../src/ops/matmul-placement.ts';

function contextOf(profile: LoweringContext['profile']): LoweringContext {
  const scratch = () => {
    throw new Error('choosing a kernel needs no memory');
  };
  return { limits: portableLimits, profile, scratch, choose: (_, __, fallback) => fallback };
}
const hardware = contextOf({ software: false, subgroups: true, subgroupMinSize: 32 });
const software = contextOf({ software: true, subgroups: true, subgroupMinSize: 4 });
const shape = (layout: MatmulShape['layout'], m: number, n: number, k: number): MatmulShape => ({
  layout,
  m,
  n,
  k,
});

describe('the matmul kernel chosen without tuning', () => {
  it('takes larger tiles only while there are workgroups enough', () => {
    expect(fallbackVariant(shape('nt', 4096, 4096, 768), hardware)).toBe('tile-128x128');
    expect(fallbackVariant(shape('nt', 2048, 1024, 256), hardware)).toBe('tile-128x64');
    expect(fallbackVariant(shape('nt', 1024, 512, 128), hardware)).toBe('tile-64x64');
    expect(fallbackVariant(shape('nt', 1024, 16, 128), hardware)).toBe('tile-32x32');
  });

  it('cuts a long inner dimension when the output is small', () => {
    expect(fallbackVariant(shape('tn', 128, 128, 8192), hardware)).toBe('tile-64x64/32');
    expect(fallbackVariant(shape('tn', 128, 128, 100), hardware)).toBe('tile-64x64');
  });

  it('makes a very long sum of parts, where they cost little beside what is read', () => {
    for (const context of [hardware, software]) {
      const slices = (m: number, n: number, k: number) =>
        Number(fallbackVariant(shape('nn', m, n, k), context).split('/')[1] ?? 1);
      // The gradient of the hidden states of a chunk of rows, over a vocabulary; of a weight, over a batch's tokens.
      expect(slices(512, 512, 50_304)).toBeGreaterThanOrEqual(24);
      expect(slices(2048, 2048, 8192)).toBe(1);
      expect(slices(50_304, 512, 16_384)).toBeLessThanOrEqual(4);
      expect(slices(4096, 4096, 16_384)).toBe(1);
      const names = tunableVariants(shape('nn', 512, 512, 50_304), context);
      expect(names.filter((name) => Number(name.split('/')[1] ?? 1) < 24)).toEqual([]);
    }
  });

  it('walks rows when decoding', () => {
    expect(fallbackVariant(shape('nt', 1, 2048, 128), hardware)).toBe('row');
    expect(fallbackVariant(shape('nt', 1, 2048, 128), software)).toBe('row-alone');
  });

  it('keeps to registers on software, by subgroups where it can', () => {
    const wide = contextOf({ software: true, subgroups: true, subgroupMinSize: 8 });
    expect(fallbackVariant(shape('nn', 1024, 512, 128), wide)).toBe('subgroup-32x4');
    expect(fallbackVariant(shape('nn', 1024, 512, 128), software)).toBe('subgroup-16x4');
    expect(
      fallbackVariant(
        shape('nn', 1024, 512, 128),
        contextOf({ software: true, subgroups: false, subgroupMinSize: 4 }),
      ),
    ).toBe('register-8x8');
  });

  it('is among the variants worth measuring, each once and each a kernel that exists', () => {
    for (const context of [hardware, software]) {
      for (const layout of ['nn', 'nt', 'tn'] as const) {
        const names = tunableVariants(shape(layout, 384, 128, 1024), context);
        expect(names).toContain(fallbackVariant(shape(layout, 384, 128, 1024), context));
        expect(new Set(names).size).toBe(names.length);
        for (const name of names) expect(matmulKernels).toHaveProperty([name.split('/')[0]!]);
      }
    }
  });
});
