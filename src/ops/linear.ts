/** y = x·Wᵀ + bias, as torch.nn.functional.linear. */
import type { Graph } from '../graph/graph.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { matmul } from './matmul.ts';

/** x (N, in), weight (out, in), bias (out) or null: (N, out). */
export function linear(graph: Graph, x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  checkShape('linear', 'x', x.shape, [null, null]);
  checkShape('linear', 'weight', weight.shape, [null, x.shape[1]!]);
  if (bias) checkShape('linear', 'bias', bias.shape, [weight.shape[0]!]);
  return matmul(graph, x, weight, { layout: 'nt', bias });
}
