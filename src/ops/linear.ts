/** y = x·Wᵀ + bias, as torch.nn.functional.linear. */
import type { Graph } from '../graph/graph.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { linearByPieces } from './linear-pieces.ts';
import { matmul } from './matmul.ts';
import { piecesOf, type RowPieces } from './row-pieces.ts';

/**
 * x (N, in), weight (out, in), bias (out) or null: (N, out). A weight in several pieces takes no bias and has no
 * gradient.
 */
export function linear(graph: Graph, x: Tensor, weight: RowPieces, bias: Tensor | null): Tensor {
  checkShape('linear', 'x', x.shape, [null, null]);
  const pieces = piecesOf(weight);
  const [whole] = pieces as [Tensor];
  if (pieces.length > 1) {
    if (bias) throw new TypeError('linear: got a bias and a weight in pieces, expected one of them');
    return graph.apply(linearByPieces, [x, ...pieces], null)[0]!;
  }
  checkShape('linear', 'weight', whole.shape, [null, x.shape[1]!]);
  if (bias) checkShape('linear', 'bias', bias.shape, [whole.shape[0]!]);
  return matmul(graph, x, whole, { layout: 'nt', bias });
}
