import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/graph/gradients.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Node } from '../../src/graph/operation.ts';
import { recomputedNodes } from '../../src/graph/recompute.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { add } from '../../src/ops/add.ts';
import { gelu } from '../../src/ops/gelu.ts';
import { linear } from '../../src/ops/linear.ts';
import { reshape } from '../../src/ops/reshape.ts';
import { rmsNorm } from '../../src/ops/rms-norm.ts';
import { sum } from '../../src/ops/sum.ts';

/** Two residual blocks: x + W₂·gelu(W₁·norm(x)), then a sum. */
function twoBlocks() {
  const graph = new Graph();
  const [up, down] = [graph.input('up', [12, 8]), graph.input('down', [8, 12])];
  let x = gelu(graph, graph.input('x', [5, 8]));
  for (let block = 0; block < 2; block++) {
    const fed = gelu(graph, linear(graph, rmsNorm(graph, x, null, 1e-6), up, null));
    x = add(graph, x, linear(graph, fed, down, null));
  }
  return { graph, loss: sum(graph, reshape(graph, x, [40])), up, down };
}

const names = (nodes: Iterable<Node>) => [...nodes].map(({ operation }) => operation.name);
const count = (graph: Graph, name: string) => names(graph.nodes).filter((other) => other === name).length;

describe('recomputedNodes', () => {
  it('finds nothing, what is cheap, or all but what connects one block to the next', () => {
    const { nodes } = twoBlocks().graph;
    expect(names(recomputedNodes(nodes, 'none'))).toEqual([]);
    expect(names(recomputedNodes(nodes, 'cheap'))).toEqual(['gelu', 'rmsNorm', 'gelu', 'rmsNorm', 'gelu']);
    const block = ['rmsNorm', 'matmul', 'gelu', 'matmul'];
    expect(names(recomputedNodes(nodes, 'layer'))).toEqual([...block, ...block]);
  });
});

describe('gradients with recompute', () => {
  it('computes each tensor again once, and none that backward does not read', () => {
    const { graph, loss, up, down } = twoBlocks();
    gradients(graph, loss, [up, down], add, { recompute: 'layer' });
    expect(count(graph, 'rmsNorm')).toBe(4);
    // The input's gelu and two in the blocks, the blocks' again.
    expect(count(graph, 'gelu')).toBe(5);
    // Forward 2 × 2; again 2, for what the second product of a block makes is not read; backward 2 × 4, less the
    // gradient of the first block's input, which no target depends on.
    expect(count(graph, 'matmul')).toBe(4 + 2 + 7);
  });

  it('reads a copy where there is one, so that the first value need not live', () => {
    const { graph, loss, up, down } = twoBlocks();
    const forward = [...graph.nodes];
    const again = recomputedNodes(forward, 'cheap');
    const first = new Set<Tensor>([...again].flatMap(({ outputs }) => outputs));
    gradients(graph, loss, [up, down], add, { recompute: 'cheap' });
    const backward = graph.nodes.slice(forward.length);
    expect(backward.flatMap(({ inputs }) => inputs).filter((input) => first.has(input))).toEqual([]);
  });
});
