/** Token embedding: the rows of the weight at the token ids. */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { RowPieces } from './row-pieces.ts';
import { selectRows } from './select-rows.ts';

/**
 * weight (V, C), whole or in pieces, at tokens i32 (N), an input of the graph: (N, C). dweight is summed in ascending position order; the row
 * of `paddingToken` gets none, as in torch.nn.Embedding with `padding_idx`.
 */
export function embedding(
  graph: Graph,
  tokens: Tensor,
  weight: RowPieces,
  paddingToken: number | null = null,
): Tensor {
  return selectRows(graph, weight, tokens, paddingToken);
}
