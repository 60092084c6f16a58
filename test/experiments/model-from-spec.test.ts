import { describe, expect, it } from 'vitest';
import { modelFromConfig, modelFromSpec } from '../../src/experiments/model-from-spec.ts';
import { modelSchema } from '../../src/experiments/spec.ts';

describe('modelFromSpec', () => {
  it.each([
    { family: 'gpt_neox', layers: 2, width: 48, heads: 3 },
    { family: 'llama', layers: 2, width: 48, heads: 6 },
    { family: 'llama', layers: 1, width: 48, heads: 6, keyHeads: 2, feedForward: 130, tied: true },
  ])('makes a model that its own config.json makes again: %o', (written) => {
    const { family, config } = modelFromSpec(modelSchema.parse(written), 301, 64);
    expect(family.name).toBe(written.family);
    expect(modelFromConfig(family.toHuggingFace(config))).toEqual({ family, config });
  });

  it('gives Llama as many parameters per layer as an MLP of four times the width', () => {
    const spec = modelSchema.parse({ family: 'llama', layers: 1, width: 96, heads: 4 });
    expect(modelFromSpec(spec, 301, 64).config).toMatchObject({
      feedForward: 256,
      keyHeads: 4,
      headSize: 24,
    });
  });

  it.each([
    [{ width: 50, heads: 4 }, 'width must be a multiple of heads, got width 50 and 4 heads'],
    [
      { width: 48, heads: 4, keyHeads: 3 },
      'heads must be a multiple of keyHeads, got 4 heads and 3 keyHeads',
    ],
    [{ width: 45, heads: 5 }, 'rotation is by pairs, got heads of 9'],
  ])('refuses %o by name', (fields, message) => {
    const spec = modelSchema.parse({ family: 'llama', layers: 1, ...fields });
    expect(() => modelFromSpec(spec, 301, 64)).toThrow(message);
  });
});
