/** Mutated config.json files: one that a family reads is a model of bounded size lists, any other says what is wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findFamily } from '../../src/models/index.ts';
import { fuzzRuns, mutated } from '../checkpoints/mutations.ts';
import { tinyModels } from './tiny-models.ts';

/** Most parameters that a config of the most layers lists. */
const mostParameters = 4096 * 20;

/** Reads, or refuses by the error that names the field; what is read lists its parameters. */
function survive(json: Record<string, unknown>): void {
  let config;
  const modelType = String(json.model_type);
  try {
    const family = findFamily(modelType);
    config = family.fromHuggingFace(json);
    expect(family.parameters(config).length).toBeLessThan(mostParameters);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(
      /^model: unknown model_type|^\w+ config: .+ is not usable, got /,
    );
  }
}

const upsetting = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, -1, 0, 0.5, 1, 3, 4096, 4097, 2 ** 53, 1e300, '', 'rms_norm'),
  fc.constantFrom<unknown>([], {}, [[]], { rope_type: 'llama3' }, { rope_type: { a: 1 } }, '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
);

describe.each(tinyModels)('a config.json of $name', ({ config }) => {
  const fields = [
    ...Object.keys(config),
    'rope_scaling',
    'rope_theta',
    'clip_qkv',
    'architectures',
    'head_dim',
  ];
  const share = Math.ceil(fuzzRuns / 5);

  it('survives other values, missing fields and other types', () => {
    const changes = fc.array(fc.tuple(fc.constantFrom(...fields), fc.option(upsetting, { nil: undefined })), {
      minLength: 1,
      maxLength: 3,
    });
    const property = fc.property(changes, (changed) =>
      survive({ ...config, ...Object.fromEntries(changed) }),
    );
    fc.assert(property, { seed: 30, numRuns: share });
  });

  it('survives changed bytes', () => {
    const property = fc.property(mutated(new TextEncoder().encode(JSON.stringify(config))), (mutant) => {
      let json: unknown;
      try {
        json = JSON.parse(new TextDecoder().decode(mutant));
      } catch {
        return;
      }
      if (typeof json === 'object' && json !== null && !Array.isArray(json))
        survive(json as Record<string, unknown>);
    });
    fc.assert(property, { seed: 31, numRuns: share });
  });
});
