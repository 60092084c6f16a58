/**
 * Recompute: which forward tensors are not kept for the backward pass but computed again when it needs them (Chen et
 * al. 2016). The kernels are deterministic, so the numbers are the same bits; memory is bought with time.
 */
import type { Graph } from './graph.ts';
import type { Node } from './operation.ts';
import { sizeOf, type Tensor } from './tensor.ts';

/**
 * - `none`: every tensor that backward reads is kept.
 * - `cheap`: what operations make that say they are `cheap` (norms, activations) is computed again.
 * - `layer`: everything between layers is computed again; kept is what alone connects one part of the model to the next.
 */
export type RecomputePolicy = 'none' | 'cheap' | 'layer';

/** From the fastest to the smallest. */
export const recomputePolicies = ['none', 'cheap', 'layer'] as const satisfies readonly RecomputePolicy[];

/** The forward nodes whose outputs are not kept. */
export function recomputedNodes(forward: readonly Node[], policy: RecomputePolicy): ReadonlySet<Node> {
  if (policy === 'none') return new Set();
  const again = forward.filter(({ operation }) => operation.inPlace === undefined);
  if (policy === 'cheap') return new Set(again.filter(({ operation }) => operation.cheap));
  const kept = connections(forward);
  return new Set(again.filter(({ outputs }) => !outputs.some(({ base }) => kept.has(base))));
}

/** Tensors that at some point of the forward pass are all that later nodes read of what earlier nodes made. */
function connections(forward: readonly Node[]): Set<Tensor> {
  const lastUse = new Map<Tensor, number>();
  forward.forEach(({ inputs }, index) => inputs.forEach(({ base }) => lastUse.set(base, index)));
  const made = new Set<Tensor>();
  const found = new Set<Tensor>();
  forward.forEach(({ inputs, outputs }, index) => {
    // What is made of variables alone (weights in another type) belongs to no place in the model.
    const placed = inputs.some(({ role }) => role !== 'variable');
    for (const { base, role } of outputs) if (placed && role === 'intermediate') made.add(base);
    for (const tensor of made) if ((lastUse.get(tensor) ?? -1) <= index) made.delete(tensor);
    if (made.size === 1) found.add([...made][0]!);
  });
  // What ends the pass is read by nothing: it must not be computed again either.
  for (const { base } of forward.at(-1)?.outputs ?? []) found.add(base);
  return found;
}

/** How kept tensors are stored until backward reads them (the graph itself knows no operation). */
export interface ActivationCodec {
  pack(graph: Graph, x: Tensor): Tensor;
  unpack(graph: Graph, packed: Tensor): Tensor;
}

/** Smaller tensors are kept as they are: they hold nothing worth a dispatch. */
const smallestPacked = 1024;

/** Forward tensors as the backward pass sees them: kept, packed, or computed again by nodes added at the first asking. */
export class Recomputation {
  private readonly copies = new Map<Node, Node>();
  private readonly unpacked = new Map<Tensor, Tensor>();
  /** Nodes of this class's making. */
  private readonly added = new Set<Node>();

  constructor(
    private readonly graph: Graph,
    private readonly nodes: ReadonlySet<Node>,
    private readonly codec: ActivationCodec | null = null,
  ) {}

  /** A forward node with inputs and outputs that backward may read; nothing is computed again until it asks. */
  see(node: Node): Node {
    if ((this.nodes.size === 0 && !this.codec) || node.operation.exact) return node;
    const see = (tensor: Tensor) => this.tensor(tensor);
    return {
      operation: node.operation,
      attributes: node.attributes,
      get inputs() {
        return node.inputs.map(see);
      },
      get outputs() {
        return node.outputs.map(see);
      },
    };
  }

  /** Removes nodes computed again for nothing: a backward that asks for its inputs may use only some. */
  dropUnused(): void {
    const { nodes } = this.graph;
    const used = new Set<Tensor>();
    for (let index = nodes.length - 1; index >= 0; index--) {
      const node = nodes[index]!;
      if (this.added.has(node) && !node.outputs.some((output) => used.has(output))) nodes.splice(index, 1);
      else for (const input of node.inputs) used.add(input);
    }
  }

  private tensor(tensor: Tensor): Tensor {
    const { node } = tensor;
    if (!node) return tensor;
    if (this.nodes.has(node) || this.aliasesChanged(node))
      return this.copyOf(node).outputs[node.outputs.indexOf(tensor)]!;
    return this.codec && this.worthPacking(tensor, node) ? this.unpackedOf(tensor, this.codec) : tensor;
  }

  /** A reshape of a tensor that backward sees otherwise is a reshape of what it sees. */
  private aliasesChanged({ operation, inputs }: Node): boolean {
    return operation.alias !== undefined && inputs.some((input) => this.tensor(input) !== input);
  }

  private copyOf(node: Node): Node {
    let copy = this.copies.get(node);
    if (!copy) {
      const inputs = node.inputs.map((input) => this.tensor(input));
      copy = this.graph.apply(node.operation, inputs, node.attributes)[0]!.node!;
      this.copies.set(node, copy);
      this.added.add(copy);
    }
    return copy;
  }

  private worthPacking(tensor: Tensor, { operation, outputs }: Node): boolean {
    const exact = operation.exactOutputs?.includes(outputs.indexOf(tensor)) ?? false;
    const plain = tensor.role === 'intermediate' && tensor.dtype === 'f32' && tensor.base === tensor;
    return plain && !exact && sizeOf(tensor.shape) >= smallestPacked;
  }

  /** Packs right where the tensor is made, so that it need not live longer than the forward pass reads it. */
  private unpackedOf(tensor: Tensor, codec: ActivationCodec): Tensor {
    let unpacked = this.unpacked.get(tensor);
    if (!unpacked) {
      const { nodes } = this.graph;
      const packed = codec.pack(this.graph, tensor);
      const packing = nodes.pop()!;
      nodes.splice(nodes.indexOf(tensor.node!) + 1, 0, packing);
      unpacked = codec.unpack(this.graph, packed);
      this.unpacked.set(tensor, unpacked);
      for (const node of [packing, unpacked.node!]) this.added.add(node);
    }
    return unpacked;
  }
}
