import { describe, expect, it } from 'vitest';
import { works } from '../../bench/work.ts';
import { borrowSlots, withoutBorrowed } from '../../src/graph/borrowed-slots.ts';
import { planGraph } from '../../src/graph/executable.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { portableLimits, portableProfile } from '../../src/graph/lowering.ts';
import { recomputePolicies } from '../../src/graph/recompute.ts';
import type { Slot } from '../../src/graph/slot-assignment.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { gptNeoX } from '../../src/models/gpt-neox.ts';
import { layoutParameters } from '../../src/models/parameter-layout.ts';
import { buildLossGraph, buildTrainingGraph } from '../../src/training/training-graph.ts';

const slot = (bytes: number): Slot => ({ bytes, placed: [] });

/** A slot of a flat tensor that parts were packed into: made by no node. */
function packed(bytes: number): Slot {
  const tensor = {
    id: 0,
    role: 'intermediate',
    name: 'gradients',
    shape: [1],
    dtype: 'f32',
    offset: 0,
    node: null,
  };
  const flat = Object.assign(tensor, { base: tensor }) as unknown as Tensor;
  return { bytes, placed: [{ tensor: flat, bytes, first: 0, last: 1, start: 0 }] };
}

describe('borrowSlots', () => {
  it('finds each slot another that is as large, the smallest that is', () => {
    const lent = [slot(100), slot(40), slot(60)];
    expect([...borrowSlots([slot(50), slot(40)], lent)]).toEqual([
      [0, 2],
      [1, 1],
    ]);
    expect([...borrowSlots([slot(41), slot(60), slot(61), slot(1)], lent)]).toEqual([
      [2, 0],
      [1, 2],
      [3, 1],
    ]);
    expect(borrowSlots([slot(101)], lent).size).toBe(0);
  });

  it('gives validation all its slots, of a step under any policy', () => {
    const { config, options } = works.A;
    const layout = layoutParameters(gptNeoX.parameters(config));
    const planOf = (graph: Graph, outputs: Tensor[] = []) =>
      planGraph({ limits: portableLimits, profile: portableProfile }, graph, { outputs }).plan;
    for (const recompute of recomputePolicies) {
      const parts = { family: gptNeoX, config, layout, shape: options.shape, recompute };
      const step = planOf(buildTrainingGraph(parts, options.optimizer).graph);
      const { graph, loss } = buildLossGraph(parts);
      const validation = planOf(graph, [loss]);
      const borrowed = borrowSlots(validation.slots, step.slots);
      expect(validation.bytes.slots).toBeGreaterThan(2 ** 20);
      expect(withoutBorrowed(validation, borrowed)).toMatchObject({ slots: 0 });
    }
  });

  it('leaves packed tensors out, on both sides', () => {
    expect(borrowSlots([slot(5)], [packed(10)]).size).toBe(0);
    expect(borrowSlots([packed(5)], [slot(10)]).size).toBe(0);
  });
});
