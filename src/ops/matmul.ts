/** C = A·B, A·Bᵀ or Aᵀ·B (+ bias), plain or batched, without a transpose in memory. */
import type { Graph } from '../graph/graph.ts';
import type { Dispatch, LoweringContext, Node } from '../graph/operation.ts';
import { checkShape, formatShape, type Shape, type Tensor } from '../graph/tensor.ts';
import { addable } from './addable.ts';
import { columnSum } from './column-sum.ts';
import { matmulDispatch } from './matmul-kernels.ts';
import { densePlacement, placementParams, type MatmulLayout } from './matmul-placement.ts';

interface Attributes {
  readonly layout: MatmulLayout;
}

const operation = addable<Attributes>(
  {
    name: 'matmul',
    infer([a, b, bias], { layout }) {
      const { batch, m, n, k } = sizes(layout, a!.shape, b!.shape);
      const leading = a!.shape.slice(0, -2);
      checkShape('matmul', 'b', b!.shape, [...leading, ...(layout === 'nt' ? [n, k] : [k, n])]);
      if (a!.dtype !== 'f32' || (b!.dtype !== 'f32' && b!.dtype !== 'bf16')) {
        throw new TypeError(
          `matmul: wrong types, got a ${a!.dtype} and b ${b!.dtype}, expected a f32 and b f32 or bf16`,
        );
      }
      if (bias && leading.length > 0)
        throw new RangeError('matmul: a batched product takes no bias; add it afterwards');
      if (bias) checkShape('matmul', 'bias', bias.shape, [n]);
      if (Math.min(batch, m, n, k) < 1)
        throw new RangeError(
          `matmul: empty operand, got ${formatShape(a!.shape)} and ${formatShape(b!.shape)}`,
        );
      return [{ shape: [...leading, m, n], dtype: 'f32' }];
    },
    reference([a, b, bias], { inputs, attributes: { layout } }) {
      const { batch, m, n, k } = sizes(layout, inputs[0]!.shape, inputs[1]!.shape);
      const { a_row, a_inner, b_column, b_inner } = placementParams(
        layout,
        densePlacement({ layout, m, n, k }),
      );
      const c = new Float64Array(batch * m * n);
      for (let index = 0; index < c.length; index++) {
        const z = Math.floor(index / (m * n));
        const i = Math.floor(index / n) % m;
        const j = index % n;
        let sum = bias ? bias[j]! : 0;
        for (let p = 0; p < k; p++) {
          sum += a![z * m * k + i * a_row + p * a_inner]! * b![z * n * k + j * b_column + p * b_inner]!;
        }
        c[index] = sum;
      }
      return [c];
    },
    backward({ graph, node: { inputs, attributes }, outputGradients: [dc], needed }) {
      const [a, b] = inputs as [Tensor, Tensor];
      const product = (x: Tensor, y: Tensor, layout: MatmulLayout) => matmul(graph, x, y, { layout });
      const da = {
        nn: () => product(dc!, b, 'nt'),
        nt: () => product(dc!, b, 'nn'),
        tn: () => product(b, dc!, 'nt'),
      }[attributes.layout];
      const db = {
        nn: () => product(a, dc!, 'tn'),
        nt: () => product(dc!, a, 'tn'),
        tn: () => product(a, dc!, 'nn'),
      }[attributes.layout];
      return [needed[0] ? da() : null, needed[1] ? db() : null, needed[2] ? columnSum(graph, dc!) : null];
    },
  },
  dispatches,
  { accumulates: true },
);

/** c = the product + addend, which may lie where c does. */
function dispatches(
  { inputs: [a, b, bias], outputs: [c], attributes: { layout } }: Node<Attributes>,
  addend: Tensor | null,
  context: LoweringContext,
): Dispatch[] {
  const shape = { layout, ...sizes(layout, a!.shape, b!.shape) };
  const accumulate = addend?.base === c!.base && addend.offset === c!.offset;
  const added = accumulate ? { accumulate } : { addend };
  return matmulDispatch({ ...shape, a: a!, b: b!, bias: bias ?? null, ...added, c: c! }, context);
}

function sizes(layout: MatmulLayout, a: Shape, b: Shape): { batch: number; m: number; n: number; k: number } {
  if (a.length < 2 || a.length > 3 || a.length !== b.length) {
    throw new RangeError(
      `matmul: operands need 2 dimensions, or 3 with a batch, got ${formatShape(a)} and ${formatShape(b)}`,
    );
  }
  const [aRows, aColumns] = a.slice(-2) as [number, number];
  const [m, k] = layout === 'tn' ? [aColumns, aRows] : [aRows, aColumns];
  return { batch: a.length === 3 ? a[0]! : 1, m, k, n: layout === 'nt' ? b.at(-2)! : b.at(-1)! };
}

/**
 * a·b by layout: `nn` a (m, k), b (k, n) · `nt` b (n, k) · `tn` a (k, m); each may have a leading batch dimension.
 * `bias` (n) is added to every row of an unbatched product. Returns (m, n), or (batch, m, n).
 */
export function matmul(
  graph: Graph,
  a: Tensor,
  b: Tensor,
  { layout = 'nn', bias = null }: { layout?: MatmulLayout; bias?: Tensor | null } = {},
): Tensor {
  return graph.apply(operation, bias ? [a, b, bias] : [a, b], { layout })[0]!;
}
