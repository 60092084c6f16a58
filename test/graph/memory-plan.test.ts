import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { lowerGraph, portableLimits } from '../../src/graph/lowering.ts';
import { planMemory } from '../../src/graph/memory-plan.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { add } from '../../src/ops/add.ts';
import { gelu } from '../../src/ops/gelu.ts';
import { linear } from '../../src/ops/linear.ts';
import { sum } from '../../src/ops/sum.ts';

function chain(length: number): { graph: Graph; last: Tensor } {
  const graph = new Graph();
  let x = graph.input('x', [4, 8]);
  for (let i = 0; i < length; i++) x = gelu(graph, x);
  return { graph, last: x };
}

function plan(graph: Graph, keep: readonly Tensor[]) {
  const dispatches = lowerGraph(graph, portableLimits);
  return { dispatches, plan: planMemory(graph, dispatches, keep) };
}

describe('planMemory', () => {
  it('runs a chain of any length in two buffers', () => {
    const { graph, last } = chain(9);
    expect(plan(graph, [last]).plan.slots).toHaveLength(2);
  });

  it('never lets two tensors that are alive together share a buffer', () => {
    const graph = new Graph();
    const x = graph.input('x', [7, 5]);
    const w = graph.input('w', [3, 5]);
    const hidden = gelu(graph, linear(graph, add(graph, x, gelu(graph, x)), w, null));
    const loss = sum(graph, hidden);
    const [dw] = gradients(graph, loss, [w], add);
    const { dispatches, plan: planned } = plan(graph, [loss, dw!]);
    const span = new Map<Tensor, [number, number]>();
    dispatches.forEach(({ bindings }, index) => {
      for (const { base } of Object.values(bindings)) {
        if (planned.slotOf.has(base)) span.set(base, [span.get(base)?.[0] ?? index, index]);
      }
    });
    for (const kept of [loss, dw!]) span.get(kept.base)![1] = dispatches.length;
    for (const [a, [aFirst, aLast]] of span) {
      for (const [b, [bFirst, bLast]] of span) {
        if (a === b || planned.slotOf.get(a) !== planned.slotOf.get(b)) continue;
        expect(aLast < bFirst || bLast < aFirst, `${a.name} and ${b.name}`).toBe(true);
      }
    }
  });

  it('gives every tensor a buffer that is large enough, and counts what it allocates', () => {
    const graph = new Graph();
    const small = gelu(graph, graph.input('a', [3]));
    const large = gelu(graph, graph.input('b', [1000]));
    const { plan: planned } = plan(graph, [small, large]);
    for (const [tensor, slot] of planned.slotOf) {
      expect(planned.slots[slot]!.bytes).toBeGreaterThanOrEqual(sizeOf(tensor.shape) * 4);
    }
    const { slots, inputs, total, peakLive } = planned.bytes;
    expect({ slots, inputs, peakLive }).toEqual({ slots: 4012, inputs: 4012, peakLive: 4012 });
    expect(total).toBe(8024);
  });
});

describe('lowerGraph', () => {
  it('refuses to read a tensor after it was overwritten in place', async () => {
    const { cacheWrite } = await import('../../src/ops/cache-write.ts');
    const graph = new Graph();
    const cache = graph.variable('cache', [1, 4, 1, 2]);
    const starts = graph.input('starts', [1], 'i32');
    cacheWrite(graph, cache, graph.input('x', [1, 1, 1, 2]), starts);
    gelu(graph, cache);
    expect(() => lowerGraph(graph, portableLimits)).toThrow(
      /reads cache after cacheWrite overwrote it in place/,
    );
  });
});

describe('Graph', () => {
  it('packs parts at their offsets, and refuses a part that others share', () => {
    const graph = new Graph();
    const a = gelu(graph, graph.input('a', [3]));
    const b = gelu(graph, graph.input('b', [5]));
    const flat = graph.pack('flat', 128, [a, b], [0, 64]);
    expect([a.base, a.offset, b.base, b.offset]).toEqual([flat, 0, flat, 64]);
    expect(() => graph.pack('again', 64, [a], [0])).toThrow(/not a plain intermediate/);
    expect(() => graph.pack('odd', 64, [gelu(graph, a)], [3])).toThrow(/not aligned/);
  });

  it('refuses two inputs, or two variables, of one name', () => {
    const graph = new Graph();
    graph.input('x', [1]);
    graph.variable('v', [1]);
    expect(() => graph.input('x', [1])).toThrow(/two inputs are named x/);
    expect(() => graph.variable('v', [1])).toThrow(/two variables are named v/);
  });
});

describe('gradients', () => {
  it('gives null for what the loss does not depend on, and refuses a loss of several numbers', () => {
    const graph = new Graph();
    const x = graph.input('x', [3]);
    const unused = graph.input('unused', [3]);
    const y = gelu(graph, x);
    expect(() => gradients(graph, y, [x], add)).toThrow(/the loss must be one number, got \(3\)/);
    const [dx, none] = gradients(graph, sum(graph, y), [x, unused], add);
    expect(dx?.shape).toEqual([3]);
    expect(none).toBeNull();
  });
});
