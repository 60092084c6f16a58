/**
 * The three products of a linear layer whose weight (V, C) lies in pieces of its rows: a piece makes, or reads, its
 * columns of y. With one piece they are plain products.
 */
import type { Dispatch, LoweringContext, Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { matmulDispatch } from './matmul-kernels.ts';
import { densePlacement, type MatmulShape, type Operand, type Placement } from './matmul-placement.ts';
import { joinPieces, placePieces } from './row-pieces.ts';

/** y (N, V) = x (N, C)·weightᵀ, the pieces side by side. */
export function productByPieces(
  { x, pieces, y }: { readonly x: Tensor; readonly pieces: readonly Tensor[]; readonly y: Tensor },
  context: LoweringContext,
): Dispatch[] {
  const [m, k] = x.shape as [number, number];
  return placePieces('linear', pieces).placed.flatMap(({ piece, first, rows }) => {
    const shape = { layout: 'nt', m, n: rows, k } as const;
    const c = columnsOf(y, first, rows);
    return matmulDispatch(
      { ...shape, a: x, b: piece, c: c.window, ...among(pieces, shape, { c: c.operand }) },
      context,
    );
  });
}

/** dx (N, C) = dy (N, V)·weight, summed over the pieces in their order. */
export function gradientByPieces(
  { dy, pieces, dx }: { readonly dy: Tensor; readonly pieces: readonly Tensor[]; readonly dx: Tensor },
  context: LoweringContext,
): Dispatch[] {
  const [m, n] = dx.shape as [number, number];
  return placePieces('linear', pieces).placed.flatMap(({ piece, first, rows }) => {
    const shape = { layout: 'nn', m, n, k: rows } as const;
    const a = columnsOf(dy, first, rows);
    const placement = among(pieces, shape, { a: a.operand });
    return matmulDispatch(
      { ...shape, a: a.window, b: piece, c: dx, accumulate: first > 0, ...placement },
      context,
    );
  });
}

/** dweight = dyᵀ·x, piece by piece; with `accumulate` added to what is there. */
export function weightGradientByPieces(
  { dy, x, dpieces }: { readonly dy: Tensor; readonly x: Tensor; readonly dpieces: readonly Tensor[] },
  accumulate: boolean,
  context: LoweringContext,
): Dispatch[] {
  const [k, n] = x.shape as [number, number];
  return placePieces('linear', dpieces).placed.flatMap(({ piece, first, rows }) => {
    const shape = { layout: 'tn', m: rows, n, k } as const;
    const a = columnsOf(dy, first, rows);
    const placement = among(dpieces, shape, { a: a.operand });
    return matmulDispatch({ ...shape, a: a.window, b: x, c: piece, accumulate, ...placement }, context);
  });
}

/** Some columns of y (N, V) as a binding of their own, its rows as far apart as y's. */
function columnsOf(y: Tensor, first: number, count: number): { window: Tensor; operand: Operand } {
  const [rows, row] = y.shape as [number, number];
  const window = { ...y, shape: [(rows - 1) * row + count], offset: y.offset + first };
  return { window, operand: { first: 0, row, head: 0, batch: 0 } };
}

/** A placement with some operands elsewhere; a piece that is the whole lies densely. */
function among(
  pieces: readonly Tensor[],
  shape: MatmulShape,
  change: Partial<Pick<Placement, 'a' | 'c'>>,
): { placement?: Placement } {
  return pieces.length === 1 ? {} : { placement: { ...densePlacement(shape), ...change } };
}

/** y = x·weightᵀ over inputs x and the pieces. No gradient: training's head has its own (linear-cross-entropy.ts). */
export const linearByPieces: Operation<null> = {
  name: 'linearByPieces',
  infer([x, ...pieces]) {
    const { rows, columns } = placePieces('linear', pieces);
    checkShape('linear', 'x', x!.shape, [null, columns]);
    return [{ shape: [x!.shape[0]!, rows], dtype: 'f32' }];
  },
  reference([x, ...pieces], { inputs, outputs }) {
    const weight = joinPieces(pieces);
    const [, columns] = inputs[0]!.shape as [number, number];
    const [n, rows] = outputs[0]!.shape as [number, number];
    return [
      Float64Array.from({ length: n * rows }, (_, index) => {
        const [i, j] = [Math.floor(index / rows) * columns, (index % rows) * columns];
        let sum = 0;
        for (let c = 0; c < columns; c++) sum += x![i + c]! * weight[j + c]!;
        return sum;
      }),
    ];
  },
  lower: ({ inputs: [x, ...pieces], outputs: [y] }, context) =>
    productByPieces({ x: x!, pieces, y: y! }, context),
};
