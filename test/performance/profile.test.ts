/** Times of dispatches, added up by kernel: which belong together, what they compute and move. */
import { describe, expect, it } from 'vitest';
import { defineShader } from '../../src/gpu/shader.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Dispatch } from '../../src/graph/operation.ts';
import { median } from '../../src/performance/median.ts';
import { byKernel, bytesMoved } from '../../src/performance/profile.ts';

const shader = defineShader(
  'two-in-one-out',
  `@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@compute @workgroup_size(1) fn main() { c[0] = a[0] + b[0]; }`,
);
const graph = new Graph();
const [a, b, c] = [graph.input('a', [3, 5]), graph.input('b', [7]), graph.input('c', [11])];
const dispatch = (change: Partial<Dispatch> = {}): Dispatch => ({
  shader,
  bindings: { a: a, b: b, c: c },
  workgroups: [1, 1, 1],
  ...change,
});

describe('bytes moved', () => {
  it('are those of every binding', () => expect(bytesMoved(dispatch())).toBe(4 * (15 + 7 + 11)));

  it('count what is bound twice once: a kernel without a bias binds something else in its place', () =>
    expect(bytesMoved(dispatch({ bindings: { a: a, b: a, c: c } }))).toBe(4 * (15 + 11)));

  it('are what the operation says where it says so', () =>
    expect(bytesMoved(dispatch({ bytes: 6 }))).toBe(6));
});

describe('by kernel', () => {
  it('adds dispatches of one kernel at one size, and puts the longest first', () => {
    const sized = (m: number) => dispatch({ params: { m, n: 2, k: 3 }, flops: 12 * m });
    const rows = byKernel([sized(2), dispatch(), sized(2), sized(5)], [1, 2, 4, 3]);
    expect(
      rows.map(({ kernel, dispatches, milliseconds, flops }) => [kernel, dispatches, milliseconds, flops]),
    ).toEqual([
      ['two-in-one-out 2×2×3', 2, 5, 48],
      ['two-in-one-out 5×2×3', 1, 3, 60],
      ['two-in-one-out', 1, 2, null],
    ]);
  });

  it('does not count operations of which one dispatch does not tell', () => {
    const rows = byKernel([dispatch({ flops: 5 }), dispatch()], [1, 1]);
    expect(rows[0]!.flops).toBeNull();
  });
});

describe('median', () => {
  it('is the middle, or the mean of the two middle ones', () => {
    expect(median([9, 1, 4])).toBe(4);
    expect(median([9, 1, 4, 6])).toBe(5);
  });

  it('refuses to make a number of nothing', () => expect(() => median([])).toThrow('expected at least one'));
});
