/** Reverse-mode differentiation over the graph: each node's own hand-written backward, in reverse order. */
import type { Graph } from './graph.ts';
import type { Node } from './operation.ts';
import { Recomputation, recomputedNodes, type ActivationCodec, type RecomputePolicy } from './recompute.ts';
import { formatShape, sizeOf, type Tensor } from './tensor.ts';

export interface GradientOptions {
  /** Told of each target's gradient as soon as it is whole: nodes added then run then, and it need live no longer. */
  readonly onComplete?: (target: Tensor, gradient: Tensor) => void;
  /** Which forward tensors are computed again instead of being kept; `none` if left out. */
  readonly recompute?: RecomputePolicy;
  /** How what is kept is stored meanwhile; as it is if left out. */
  readonly codec?: ActivationCodec | null;
}

/**
 * Adds the nodes that compute d`loss`/d`target` for every target, and returns them in order; null where `loss` does
 * not depend on a target. `loss` is a single number. `sum` adds two tensors (the graph itself knows no operation).
 */
export function gradients(
  graph: Graph,
  loss: Tensor,
  targets: readonly Tensor[],
  sum: (graph: Graph, a: Tensor, b: Tensor) => Tensor,
  options: GradientOptions = {},
): (Tensor | null)[] {
  if (sizeOf(loss.shape) !== 1) {
    throw new RangeError(`gradients: the loss must be one number, got ${formatShape(loss.shape)}`);
  }
  const seed = graph.constant('dloss', new Float32Array([1]), loss.shape);
  return backpropagate(graph, new Map([[loss, seed]]), targets, sum, options);
}

/** As `gradients`, from given gradients of any tensors: those of Σ ⟨seed, tensor⟩. */
export function backpropagate(
  graph: Graph,
  seeds: ReadonlyMap<Tensor, Tensor>,
  targets: readonly Tensor[],
  sum: (graph: Graph, a: Tensor, b: Tensor) => Tensor,
  { onComplete, recompute = 'none', codec = null }: GradientOptions = {},
): (Tensor | null)[] {
  const forward = [...graph.nodes];
  const dependent = new Set(targets);
  const firstUse = new Map<Tensor, Node>();
  for (const node of forward) {
    for (const input of node.inputs) if (!firstUse.has(input)) firstUse.set(input, node);
    if (node.inputs.some((input) => dependent.has(input)))
      for (const output of node.outputs) dependent.add(output);
  }
  const recomputation = new Recomputation(graph, recomputedNodes(forward, recompute), codec);
  const gradientOf = new Map(seeds);
  const propagate = (node: Node) => {
    const outputGradients = node.outputs.map((output) => gradientOf.get(output) ?? null);
    const needed = node.inputs.map((input) => dependent.has(input));
    if (!needed.includes(true) || outputGradients.every((gradient) => gradient === null)) return;
    if (!node.operation.backward) throw new Error(`gradients: ${node.operation.name} has no backward`);
    const inputGradients = node.operation.backward({
      graph,
      node: recomputation.see(node),
      outputGradients,
      needed,
    });
    node.inputs.forEach((input, index) => {
      const gradient = inputGradients[index];
      if (!gradient || !needed[index]) return;
      const earlier = gradientOf.get(input);
      gradientOf.set(input, earlier ? sum(graph, earlier, gradient) : gradient);
    });
  };
  for (const node of forward.reverse()) {
    propagate(node);
    if (!onComplete) continue;
    for (const target of targets) {
      const gradient = gradientOf.get(target);
      if (gradient && firstUse.get(target) === node) onComplete(target, gradient);
    }
  }
  recomputation.dropUnused();
  return targets.map((target) => gradientOf.get(target) ?? null);
}
