import { describe, expect, it } from 'vitest';
import { formatTable, ratio, spread, type BenchRow } from '../../bench/row.ts';
import { batchOf, works } from '../../bench/work.ts';

describe('bench rows', () => {
  it('take the median of odd and even numbers of values, in any order', () => {
    expect(spread([3, 1, 2])).toEqual([1, 2, 3]);
    expect(spread([4, 1, 10, 2])).toEqual([1, 3, 10]);
    expect(spread([7])).toEqual([7, 7, 7]);
  });

  it('are above 1 where ours is better, whichever way better lies', () => {
    expect(ratio('lower', [1, 2, 3], [4, 6, 8])).toBe(3);
    expect(ratio('higher', [1, 2, 3], [4, 6, 8])).toBeCloseTo(1 / 3);
  });

  it('make a table with one aligned line each', () => {
    const row: BenchRow = {
      bench: 'step',
      work: 'A',
      adapter: 'x',
      subject: 'amuro',
      peer: 'tfjs',
      unit: 'ms',
      ours: [1, 2, 3],
      theirs: [4, 4, 4],
      ratio: 2,
      notes: '',
    };
    const lines = formatTable([row, { ...row, bench: 'a longer name' }]).split('\n');
    expect(lines).toHaveLength(3);
    expect(new Set(lines.map((line) => line.indexOf('tfjs'))).size).toBe(2); // the header has none
    expect(lines[1]).toContain('2.00 (1.00–3.00) ms');
    expect(lines[1]).toContain('4.00 ms');
  });
});

describe('bench batches', () => {
  it('are the same for the same step, and predict the next token of each row', () => {
    const { small } = works;
    const [batch, again, other] = [batchOf(small, 3), batchOf(small, 3), batchOf(small, 4)];
    expect(again).toEqual(batch);
    expect(other.tokens).not.toEqual(batch.tokens);
    const { time } = small.options.shape;
    expect(batch.targets.subarray(0, time - 1)).toEqual(batch.tokens.subarray(1, time));
  });
});
