/** Operations whose kernels can add one more tensor to what they write: see graph/fusion.ts. */
import type { Dispatch, LoweringContext, Node, Operation } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';

/** The dispatches of a node, and of a node that adds `addend`, of output 0's shape, to output 0. */
export type LowerWithAddend<Attributes> = (
  node: Node<Attributes>,
  addend: Tensor | null,
  context: LoweringContext,
) => Dispatch[];

/** An operation with its twin, which takes the addend as its last input. Such a twin may accumulate: see `Operation`. */
export function addable<Attributes>(
  operation: Omit<Operation<Attributes>, 'lower' | 'withAddend'>,
  lower: LowerWithAddend<Attributes>,
  { accumulates = false } = {},
): Operation<Attributes> {
  const plain: Operation<Attributes> = { ...operation, lower: (node, context) => lower(node, null, context) };
  const withAddend: Operation<Attributes> = {
    name: `${operation.name}Plus`,
    ...(accumulates && { accumulates }),
    infer: (inputs, attributes) => plain.infer(inputs.slice(0, -1), attributes),
    reference(values, node) {
      const [first, ...others] = plain.reference(values.slice(0, -1), withoutAddend(node));
      return [first!.map((value, index) => value + values.at(-1)![index]!), ...others];
    },
    lower: (node, context) => lower(withoutAddend(node), node.inputs.at(-1)!, context),
  };
  return { ...plain, withAddend };
}

function withoutAddend<Attributes>(node: Node<Attributes>): Node<Attributes> {
  return { ...node, inputs: node.inputs.slice(0, -1) };
}
