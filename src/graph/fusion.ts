/**
 * Additions that cost nothing: y = p(…) followed by y + other becomes one node of p's own, which adds `other` as it
 * writes. Residual connections, gradients that meet and running totals are then no dispatches, and y is never in memory.
 */
import type { Node } from './operation.ts';
import type { Tensor } from './tensor.ts';

/** The nodes to lower: `nodes` with additions moved into what they follow. Tensors of `keep` stay what they are. */
export function fuseAdditions(nodes: readonly Node[], keep: readonly Tensor[]): Node[] {
  const list: (Node | null)[] = [...nodes];
  const uses = countUses(nodes, keep);
  nodes.forEach((node, index) => {
    if (!node.operation.sum) return;
    const [a, b] = node.inputs as [Tensor, Tensor];
    for (const [product, addend] of [
      [b, a],
      [a, b],
    ] as const) {
      const fusion = fuse(list, index, product, addend, uses);
      if (!fusion) continue;
      list[index] = null;
      list[fusion.from] = null;
      list[fusion.at] = fusion.node;
      return;
    }
  });
  return list.filter((node) => node !== null);
}

/** How often each tensor's storage is read; what is kept counts as read once more. */
function countUses(nodes: readonly Node[], keep: readonly Tensor[]): ReadonlyMap<Tensor, number> {
  const uses = new Map<Tensor, number>();
  const count = ({ base }: Tensor) => uses.set(base, (uses.get(base) ?? 0) + 1);
  keep.forEach(count);
  for (const { inputs } of nodes) inputs.forEach(count);
  return uses;
}

/** The node that makes `product` and adds `addend` in place of the sum at `index`, and where it belongs, if it may be. */
function fuse(
  list: readonly (Node | null)[],
  index: number,
  product: Tensor,
  addend: Tensor,
  uses: ReadonlyMap<Tensor, number>,
): { node: Node; from: number; at: number } | null {
  const own = product.role === 'intermediate' && product.base === product && product !== addend;
  if (!own || uses.get(product) !== 1) return null;
  const from = list.findLastIndex((node, at) => at < index && node?.outputs.includes(product));
  const maker = list[from];
  if (!maker?.operation.withAddend || maker.outputs[0] !== product) return null;
  const sum = list[index]!;
  const total = sum.operation.inPlace !== undefined;
  if (total && !maker.operation.withAddend.accumulates) return null;
  // Where the product was made, if the addend is there by then; else where the sum was, if the inputs still are and
  // nobody waits for another output.
  const at = lastWrite(list, addend, index) < from ? from : index;
  const late = at === index;
  if (
    late &&
    (maker.outputs.length > 1 || maker.inputs.some((input) => lastWrite(list, input, index) > from))
  )
    return null;
  const { withAddend } = maker.operation;
  const node = {
    operation: total ? { ...withAddend, inPlace: { 0: maker.inputs.length } } : withAddend,
    attributes: maker.attributes,
    inputs: [...maker.inputs, addend],
    outputs: [sum.outputs[0]!, ...maker.outputs.slice(1)],
  };
  return { node, from, at };
}

/** Index of the last node before `end` that writes a tensor's storage; −1 where none does. */
function lastWrite(list: readonly (Node | null)[], { base }: Tensor, end: number): number {
  return list.findLastIndex((node, at) => at < end && node?.outputs.some((output) => output.base === base));
}
