/** Matrices whose rows lie in several tensors, one after the other, because no binding holds them all. */
import { checkShape, type Tensor, type TensorType } from '../graph/tensor.ts';

/** A matrix: whole, or in pieces of its rows, of which all but the last have a multiple of `pieceRows` rows. */
export type RowPieces = Tensor | readonly Tensor[];

/** A column of a product, or a row's entry of a table, then starts where a binding may. */
export const pieceRows = 64;

export function piecesOf(matrix: RowPieces): readonly Tensor[] {
  return Array.isArray(matrix) ? (matrix as readonly Tensor[]) : [matrix as Tensor];
}

export interface PlacedPiece<Type extends TensorType = Tensor> {
  readonly piece: Type;
  /** Its first row in the whole matrix. */
  readonly first: number;
  readonly rows: number;
}

/** Where each piece lies in the whole. @throws RangeError `operation: …` where they are no pieces of one matrix */
export function placePieces<Type extends TensorType>(
  operation: string,
  pieces: readonly Type[],
): { readonly placed: readonly PlacedPiece<Type>[]; readonly rows: number; readonly columns: number } {
  let rows = 0;
  const placed = pieces.map((piece): PlacedPiece<Type> => {
    checkShape(operation, 'a piece', piece.shape, [null, pieces[0]!.shape[1]!]);
    if (rows % pieceRows !== 0) {
      throw new RangeError(
        `${operation}: a piece starts at row ${rows}, expected a multiple of ${pieceRows}: only the last piece may end elsewhere`,
      );
    }
    const at = { piece, first: rows, rows: piece.shape[0]! };
    rows += at.rows;
    return at;
  });
  return { placed, rows, columns: pieces[0]!.shape[1]! };
}

/** The values of all pieces, one after the other. */
export function joinPieces(values: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(values.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const value of values) {
    whole.set(value, at);
    at += value.length;
  }
  return whole;
}
