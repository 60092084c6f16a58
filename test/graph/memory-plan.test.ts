import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { planGraph } from '../../src/graph/executable.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { lowerGraph, portableLimits } from '../../src/graph/lowering.ts';
import { requireTensorsFit } from '../../src/graph/memory-limits.ts';
import { planMemory } from '../../src/graph/memory-plan.ts';
import { recomputePolicies, type RecomputePolicy } from '../../src/graph/recompute.ts';
import { bytesOf, type Tensor } from '../../src/graph/tensor.ts';
import { gptNeoX, type GptNeoXConfig } from '../../src/models/gpt-neox.ts';
import { layoutParameters } from '../../src/models/parameter-layout.ts';
import { add } from '../../src/ops/add.ts';
import { gelu } from '../../src/ops/gelu.ts';
import { sum } from '../../src/ops/sum.ts';
import { buildTrainingGraph } from '../../src/training/training-graph.ts';
import { works } from '../../bench/work.ts';

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

  it.each(recomputePolicies)('places a whole training step soundly, with recompute %s', (recompute) => {
    const { dispatches, plan: planned } = planStep(recompute);
    const alive = new Map<Tensor, [first: number, last: number]>();
    dispatches.forEach(({ bindings }, index) => {
      for (const { base } of Object.values(bindings)) {
        if (planned.places.has(base)) alive.set(base, [alive.get(base)?.[0] ?? index, index]);
      }
    });
    for (const [a, [aFirst, aLast]] of alive) {
      const { slot, start } = planned.places.get(a)!;
      const end = start + bytesOf(a);
      expect(start % 256, a.name).toBe(0);
      expect(end, a.name).toBeLessThanOrEqual(planned.slots[slot]!.bytes);
      for (const [b, [bFirst, bLast]] of alive) {
        const other = planned.places.get(b)!;
        if (a === b || other.slot !== slot || aLast < bFirst || bLast < aFirst) continue;
        expect(end <= other.start || other.start + bytesOf(b) <= start, `${a.name}, ${b.name}`).toBe(true);
      }
    }
  });

  it('reads nothing from a buffer that the same dispatch writes', () => {
    const { dispatches, plan: planned } = planStep('none');
    for (const { shader, bindings } of dispatches) {
      const slots = (wanted: string) =>
        shader.bindings.flatMap(({ name, access }) => {
          const place = access === wanted ? planned.places.get(bindings[name]!.base) : undefined;
          return place ? [place.slot] : [];
        });
      const written = new Set(slots('read_write'));
      expect(
        slots('read').filter((slot) => written.has(slot)),
        shader.name,
      ).toEqual([]);
    }
  });

  it('needs hardly more than what is alive at once', () => {
    for (const recompute of recomputePolicies) {
      const { packed, slots, peakLive } = planStep(recompute).plan.bytes;
      expect(slots + packed, recompute).toBeLessThan(1.1 * peakLive);
    }
  });

  it.each([
    { what: '70 million parameters, four times 281 MB,', change: {}, weights: 'f32' },
    { what: 'a vocabulary of 206 MB', change: { width: 1024, layers: 2 }, weights: 'f32' },
    {
      what: 'the same, tied and read in bf16,',
      change: { width: 1024, layers: 2, tied: true },
      weights: 'bf16-copy',
    },
  ] as const)('trains $what on what every adapter grants', ({ change, weights }) => {
    const { maxStorageBufferBindingSize, maxBufferSize } = portableLimits;
    const config = { ...seventyMillion, ...change };
    const layout = layoutParameters(gptNeoX.parameters(config), portableLimits, weights);
    expect(4 * layout.count).toBeGreaterThan(maxBufferSize);
    const model = { family: gptNeoX, config, layout, shape: { batch: 4, time: 512 } };
    const { graph } = buildTrainingGraph(model, works.small.options.optimizer);
    expect(() => requireTensorsFit(graph, portableLimits)).not.toThrow();
    const dispatches = lowerGraph(graph, portableLimits);
    const bound = dispatches.flatMap(({ bindings }) => Object.values(bindings).map(bytesOf));
    expect(Math.max(...bound)).toBeLessThanOrEqual(maxStorageBufferBindingSize);
    const { slots } = planMemory(graph, dispatches, [], maxBufferSize);
    expect(Math.max(...slots.map(({ bytes }) => bytes))).toBeLessThanOrEqual(maxBufferSize);
  });

  it('counts what it allocates', () => {
    const graph = new Graph();
    const small = gelu(graph, graph.input('a', [3]));
    const large = gelu(graph, graph.input('b', [1000]));
    const { slots, inputs, uniforms, total, peakLive } = plan(graph, [small, large]).plan.bytes;
    expect({ slots, inputs, uniforms, peakLive }).toEqual({
      slots: 4012,
      inputs: 4012,
      uniforms: 512,
      peakLive: 4012,
    });
    expect(total).toBe(8536);
  });
});

/** The sizes of Pythia-70M. */
const seventyMillion: GptNeoXConfig = {
  ...works.small.config,
  vocabularySize: 50_304,
  layers: 6,
  width: 512,
  heads: 8,
  feedForward: 2048,
  tied: false,
  contextLength: 2048,
};

/** Two layers of a GPT-NeoX model, as a software adapter runs them. */
function planStep(recompute: RecomputePolicy) {
  const config = works.small.config;
  const layout = layoutParameters(gptNeoX.parameters(config));
  const { shape, optimizer } = works.small.options;
  const { graph } = buildTrainingGraph({ family: gptNeoX, config, layout, shape, recompute }, optimizer);
  const profile = { software: true, subgroups: true, subgroupMinSize: 4 };
  return planGraph({ limits: portableLimits, profile }, graph);
}

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
