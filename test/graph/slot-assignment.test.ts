import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { assignSlots, type Lifetime } from '../../src/graph/slot-assignment.ts';

function lifetimes(...spans: readonly [bytes: number, first: number, last: number][]): Lifetime[] {
  const graph = new Graph();
  return spans.map(([bytes, first, last], index) => ({
    tensor: graph.input(`${index}`, [bytes / 4]),
    bytes,
    first,
    last,
  }));
}

describe('assignSlots', () => {
  it('widens a slot rather than make another, but not beyond the largest buffer', () => {
    const wanted = lifetimes([1024, 0, 1], [768, 2, 3], [512, 2, 3]);
    const sizes = (mostBytes: number) => assignSlots(wanted, [], mostBytes).map(({ bytes }) => bytes);
    expect(sizes(Infinity)).toEqual([1280]);
    expect(sizes(1280)).toEqual([1280]);
    expect(sizes(1276)).toEqual([1024, 512]);
  });
});
