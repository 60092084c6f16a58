import { describe, expect, it } from 'vitest';
import { fuseAdditions } from '../../src/graph/fusion.ts';
import { Graph } from '../../src/graph/graph.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import type { Node } from '../../src/graph/operation.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { accumulate } from '../../src/ops/accumulate.ts';
import { add } from '../../src/ops/add.ts';
import { gelu } from '../../src/ops/gelu.ts';
import { layerNorm } from '../../src/ops/layer-norm.ts';
import { linear } from '../../src/ops/linear.ts';
import { reshape } from '../../src/ops/reshape.ts';
import { rmsNorm } from '../../src/ops/rms-norm.ts';
import { sum } from '../../src/ops/sum.ts';
import { seededNormal } from '../ops/harness.ts';

const names = (nodes: readonly Node[]) => nodes.map(({ operation }) => operation.name);

/** Two products of x (3, 4) by square weights. */
function products() {
  const graph = new Graph();
  const x = graph.input('x', [3, 4]);
  const product = (name: string) => linear(graph, x, graph.input(name, [4, 4]), null);
  return { graph, x, a: product('wa'), b: product('wb') };
}

describe('fuseAdditions', () => {
  it('adds a residual where the product is made', () => {
    const { graph, x, a } = products();
    const y = add(graph, x, a);
    const fused = fuseAdditions(graph.nodes, [y]);
    expect(names(fused)).toEqual(['matmulPlus', 'matmul']);
    expect(fused[0]!.outputs).toEqual([y]);
    expect(fused[0]!.inputs.at(-1)).toBe(x);
  });

  it('adds two products into one stream, one after the other', () => {
    const { graph, x, a, b } = products();
    const y = add(graph, add(graph, x, a), b);
    expect(names(fuseAdditions(graph.nodes, [y]))).toEqual(['matmulPlus', 'matmulPlus']);
  });

  it('waits for an addend that is made later', () => {
    const { graph, x, a } = products();
    const later = gelu(graph, x);
    const y = add(graph, a, later);
    const fused = fuseAdditions(graph.nodes, [y]);
    expect(names(fused)).toEqual(['matmul', 'gelu', 'matmulPlus']);
    expect(fused[2]!.outputs).toEqual([y]);
  });

  it.each<[string, (graph: Graph, product: Tensor) => Tensor[]]>([
    ['is kept', (_, product) => [product]],
    ['is read by another node', (graph, product) => [gelu(graph, product)]],
    ['is read under another shape', (graph, product) => [gelu(graph, reshape(graph, product, [12]))]],
  ])('leaves a product alone that %s', (_, use) => {
    const { graph, x, a } = products();
    const kept = use(graph, a);
    const y = add(graph, x, a);
    expect(names(fuseAdditions(graph.nodes, [...kept, y]))).toContain('add');
  });

  it('leaves x + x and sums of what cannot add alone', () => {
    const { graph, x, a } = products();
    const twice = add(graph, a, a);
    const plain = add(graph, gelu(graph, x), x);
    expect(names(fuseAdditions(graph.nodes, [twice, plain]))).toEqual(names(graph.nodes));
  });

  it('adds to a running total where the product is made, unless what makes it cannot', () => {
    const { graph, x, a } = products();
    const total = accumulate(graph, graph.variable('total', [3, 4]), a);
    const normed = rmsNorm(graph, x, graph.input('scale', [4]), 1e-5);
    accumulate(graph, graph.variable('other', [3, 4]), normed);
    const fused = fuseAdditions(graph.nodes, []);
    expect(names(fused)).toEqual(['matmulPlus', 'matmul', 'rmsNorm', 'accumulate']);
    expect([fused[0]!.outputs, fused[0]!.operation.inPlace]).toEqual([[total], { 0: 2 }]);
  });

  it('does not let what else a node makes wait for an addend', () => {
    const { graph, x } = products();
    const normed = rmsNorm(graph, x, graph.input('scale', [4]), 1e-5);
    const y = add(graph, normed, gelu(graph, x)); // the norm's statistics may be read before this
    expect(names(fuseAdditions(graph.nodes, [y]))).toEqual(names(graph.nodes));
  });

  it('does not move a product past a write to what it reads', () => {
    const graph = new Graph();
    const x = graph.input('x', [4, 4]);
    const weight = graph.variable('w', [4, 4]);
    const product = linear(graph, x, weight, null);
    accumulate(graph, weight, x);
    const y = add(graph, product, gelu(graph, x)); // made after the write, so that the product would have to wait
    expect(names(fuseAdditions(graph.nodes, [y]))).toEqual(names(graph.nodes));
  });

  it('changes no number, forward and backward', () => {
    const graph = new Graph();
    const x = graph.input('x', [5, 8]);
    const vector = (name: string) => graph.input(name, [8]);
    const weight = graph.input('weight', [8, 8]);
    const normed = layerNorm(graph, x, vector('gain'), vector('shift'), 1e-5);
    const between = add(graph, x, linear(graph, normed, weight, vector('bias')));
    const y = add(graph, between, rmsNorm(graph, between, vector('scale'), 1e-5));
    const targets = [...graph.inputs.values()];
    const kept = [
      y,
      ...gradients(graph, sum(graph, gelu(graph, y)), targets, add).filter((tensor) => tensor !== null),
    ];
    const nodes = fuseAdditions(graph.nodes, kept);
    expect(names(nodes)).toEqual(
      expect.arrayContaining(['matmulPlus', 'rmsNormPlus', 'layerNormBackwardPlus']),
    );
    expect(names(nodes)).not.toContain('add');
    const fused: Graph = Object.assign(Object.create(Graph.prototype) as Graph, graph, { nodes });
    const random = seededNormal(7);
    const values = Object.fromEntries(
      [...graph.inputs].map(([name, { shape }]) => [
        name,
        Float64Array.from({ length: shape.reduce((a, b) => a * b) }, random),
      ]),
    );
    const [apart, together] = [graph, fused].map((each) => {
      const interpreter = new Interpreter(each);
      interpreter.run(values);
      return kept.map((tensor) => [...interpreter.read(tensor)]);
    });
    expect(together).toEqual(apart);
  });
});
