/** Which variant tuning picks, on a clock that the test sets. */
import { describe, expect, it } from 'vitest';
import { selectVariant } from '../../src/performance/selection.ts';

/** Answers with the times given for each variant in turn, the last one for ever; keeps who was asked. */
function clock(times: Readonly<Record<string, readonly (number | null)[]>>) {
  const asked: string[] = [];
  const measure = (name: string): Promise<number | null> => {
    const turn = asked.filter((other) => other === name).length;
    asked.push(name);
    return Promise.resolve(times[name]![Math.min(turn, times[name]!.length - 1)]!);
  };
  return { asked, measure };
}

describe('choosing a variant', () => {
  it('takes the fastest', async () => {
    const { measure } = clock({ fallback: [10], slow: [14], fast: [7] });
    const selection = await selectVariant(['fallback', 'slow', 'fast'], measure);
    expect(selection).toEqual({
      chosen: 'fast',
      fallback: 'fallback',
      candidates: [
        { name: 'fallback', milliseconds: 10 },
        { name: 'slow', milliseconds: 14 },
        { name: 'fast', milliseconds: 7 },
      ],
    });
  });

  it('keeps the fallback where another is better by less than noise', async () => {
    const { measure } = clock({ fallback: [10], other: [9.6] });
    expect((await selectVariant(['fallback', 'other'], measure))!.chosen).toBe('fallback');
  });

  it('is not moved by one disturbed round, of the fallback or of another', async () => {
    const lucky = clock({ fallback: [10, 30, 10], other: [11, 11, 11] });
    expect((await selectVariant(['fallback', 'other'], lucky.measure))!.chosen).toBe('fallback');
    const unlucky = clock({ fallback: [10, 10, 10], other: [5, 40, 5] });
    expect((await selectVariant(['fallback', 'other'], unlucky.measure))!.chosen).toBe('other');
  });

  it('measures a hopeless variant once, and the others in turns that begin with another each round', async () => {
    const { asked, measure } = clock({ a: [10], b: [9], hopeless: [100] });
    await selectVariant(['a', 'b', 'hopeless'], measure);
    expect(asked).toEqual(['a', 'b', 'hopeless', 'b', 'a', 'a', 'b']);
  });

  it('leaves out a variant that cannot run, and takes another where the fallback cannot', async () => {
    const without = clock({ fallback: [10], broken: [null] });
    const selection = await selectVariant(['fallback', 'broken'], without.measure);
    expect(selection!.chosen).toBe('fallback');
    expect(selection!.candidates[1]).toEqual({ name: 'broken', milliseconds: null });
    const instead = clock({ fallback: [null], other: [10] });
    expect((await selectVariant(['fallback', 'other'], instead.measure))!.chosen).toBe('other');
  });

  it('keeps the fallback where nothing can run: compiling it will say why', async () => {
    const { measure } = clock({ fallback: [null], other: [null] });
    expect((await selectVariant(['fallback', 'other'], measure))!.chosen).toBe('fallback');
  });

  it.each([0, 1, 2, 3, 4, 5])(
    'decides nothing when time runs out after %i of 6 measurements',
    async (most) => {
      const { asked, measure } = clock({ fallback: [10], other: [5] });
      const expired = () => asked.length >= most;
      expect(await selectVariant(['fallback', 'other'], measure, { expired })).toBeNull();
      expect(asked).toHaveLength(most);
    },
  );
});
