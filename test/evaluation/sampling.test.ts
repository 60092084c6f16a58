/** Sampling against the distributions that transformers' processors leave of the same logits. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawFrom, likeliest, sampledDistribution, type Sampling } from '../../src/evaluation/sampling.ts';
import { RandomStream } from '../../src/random/random-stream.ts';

interface Case {
  readonly name: string;
  readonly logits: readonly number[];
  readonly sampling: Sampling;
  readonly ids: readonly number[];
  readonly probabilities: readonly number[];
}
const cases = JSON.parse(
  readFileSync(new URL('fixtures/sampling.json', import.meta.url), 'utf8'),
) as readonly Case[];

describe('sampledDistribution', () => {
  it.each(cases)('leaves what transformers leaves: $name', ({ logits, sampling, ids, probabilities }) => {
    const ours = sampledDistribution(Float32Array.from(logits), sampling);
    expect([...ours.ids]).toEqual(ids);
    // theirs are f32
    probabilities.forEach((value, i) => expect(Math.abs(ours.probabilities[i]! - value)).toBeLessThan(1e-6));
  });

  it('at temperature 0 leaves the likeliest token alone, the first of equals', () => {
    const logits = Float32Array.of(1, 5, 3, 5);
    const { ids, probabilities } = sampledDistribution(logits, { temperature: 0, topK: 2, topP: 0.5 });
    expect([[...ids], [...probabilities]]).toEqual([[1], [1]]);
    expect(likeliest(logits)).toBe(1);
  });
});

describe('drawFrom', () => {
  const distribution = sampledDistribution(Float32Array.of(Math.log(1), Math.log(3), -1e9, Math.log(4)), {
    temperature: 1,
    topK: 3,
    topP: 1,
  });

  it.each([
    [0, 0],
    [0.1249, 0],
    [0.126, 1],
    [0.499, 1],
    [0.501, 3],
    [1 - 2 ** -53, 3],
  ])('takes the candidate whose stretch holds %d', (uniform, id) => {
    expect(drawFrom(distribution, uniform)).toBe(id);
  });

  it('draws candidates as often as they are probable', () => {
    const stream = new RandomStream(3, 'generation, sample 0');
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 8000; i++) counts[drawFrom(distribution, stream.uniform(i))]!++;
    // four standard deviations of a binomial of 8000
    [1000, 3000, 0, 4000].forEach((mean, id) => expect(Math.abs(counts[id]! - mean)).toBeLessThan(180));
    expect(counts[2]).toBe(0);
  });
});
