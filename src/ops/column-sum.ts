/** y[j] = Σᵢ x[i, j] in a fixed order: the gradient of a bias. */
import columnSumSource from '../../shaders/column-sum.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Dispatch, LoweringContext, Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { vectorWidth, widened } from './vector-width.ts';

const shader = defineShader('column-sum', columnSumSource);
/** Rows that one invocation adds; more rows are cut into slices whose sums a second dispatch adds. */
const sliceRows = 32;

/** Dispatches that write the sums over `x`'s `rows` into `y` (columns). */
export function columnSumDispatches(
  x: Tensor,
  rows: number,
  columns: number,
  y: Tensor,
  context: LoweringContext,
): Dispatch[] {
  const slices = Math.ceil(rows / sliceRows);
  const width = vectorWidth(shader, [columns]);
  const sum = (from: Tensor, fromRows: number, slice: number, to: Tensor): Dispatch => ({
    shader,
    variant: widened(shader, width),
    bindings: { x: from, y: to },
    params: { rows: fromRows, columns: columns / width, slice },
    workgroups: [Math.ceil(columns / width / 64), Math.ceil(fromRows / slice), 1],
  });
  if (slices === 1) return [sum(x, rows, rows, y)];
  const partial = context.scratch('column-sums', [slices, columns]);
  return [sum(x, rows, sliceRows, partial), sum(partial, slices, slices, y)];
}

const operation: Operation<null> = {
  name: 'columnSum',
  infer([x]) {
    checkShape('columnSum', 'x', x!.shape, [null, null]);
    return [{ shape: [x!.shape[1]!], dtype: 'f32' }];
  },
  reference([x], { outputs: [y] }) {
    const columns = y!.shape[0]!;
    const sums = new Float64Array(columns);
    x!.forEach((value, index) => (sums[index % columns]! += value));
    return [sums];
  },
  lower({ inputs: [x], outputs: [y] }, context) {
    const [rows, columns] = x!.shape as readonly [number, number];
    return columnSumDispatches(x!, rows, columns, y!, context);
  },
};

/** Sums of the columns of x (N, C): (C). Has no backward of its own. */
export function columnSum(graph: Graph, x: Tensor): Tensor {
  return graph.apply(operation, [x], null)[0]!;
}
