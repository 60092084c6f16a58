/** The heap gives its items back in order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinaryHeap } from '../../src/tokenizers/binary-heap.ts';

describe('BinaryHeap', () => {
  it('pops what was pushed, in order, whatever is pushed in between', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (early, late) => {
        const heap = new BinaryHeap<number>((a, b) => a < b);
        early.forEach((item) => heap.push(item));
        const first = heap.pop();
        expect(first).toBe(early.length > 0 ? Math.min(...early) : undefined);
        late.forEach((item) => heap.push(item));
        const rest = [...early].sort((a, b) => a - b).slice(1);
        const expected = [...rest, ...late].sort((a, b) => a - b);
        expect(Array.from({ length: heap.size }, () => heap.pop())).toEqual(expected);
      }),
      { seed: 1 },
    );
  });
});
