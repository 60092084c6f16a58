/**
 * The head and its loss without (N, V) logits: rows are taken in chunks, and where gradients are wanted a chunk's are
 * computed while its logits are there, in the forward pass (as Liger's fused_linear_cross_entropy, Hsu et al. 2024).
 * The chunks' contributions to the weight's gradient are added in order, so that the result is the same every time.
 */
import type { Graph } from '../graph/graph.ts';
import type { Dispatch, LoweringContext, Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { crossEntropyBackward, crossEntropyForward } from './cross-entropy.ts';
import { filled } from './filled.ts';
import { checkTargets, logSumExp, targetColumn } from './log-sum-exp.ts';
import { matmulDispatch } from './matmul-kernels.ts';
import { orderedSum } from './ordered-sum.ts';
import { rowWindow } from './row-window.ts';
import { scaleBy } from './scale-by.ts';

interface Attributes {
  readonly chunkRows: number;
  readonly differentiable: boolean;
}

type Inputs = readonly [x: Tensor, weight: Tensor, targets: Tensor, weights: Tensor, ones: Tensor];

const operation: Operation<Attributes> = {
  name: 'linearCrossEntropy',
  exact: true,
  infer([x, weight, targets, weights], { differentiable }) {
    checkShape('linearCrossEntropy', 'x', x!.shape, [null, null]);
    const [n, columns] = x!.shape as [number, number];
    checkShape('linearCrossEntropy', 'weight', weight!.shape, [null, columns]);
    checkTargets('linearCrossEntropy', { shape: [n, weight!.shape[0]!], dtype: 'f32' }, targets!);
    checkShape('linearCrossEntropy', 'weights', weights!.shape, [n]);
    const shapes = differentiable ? [[1], x!.shape, weight!.shape] : [[1]];
    return shapes.map((shape) => ({ shape, dtype: 'f32' as const }));
  },
  reference([x, weight, targets, weights], { inputs, attributes: { differentiable } }) {
    const [n, columns] = inputs[0]!.shape as [number, number];
    const classes = inputs[1]!.shape[0]!;
    const dx = new Float64Array(x!.length);
    const dweight = new Float64Array(weight!.length);
    let loss = 0;
    for (let row = 0; row < n; row++) {
      if (targets![row]! < 0) continue;
      const target = targetColumn(targets![row]!, classes);
      const at = (v: number, c: number) => weight![v * columns + c]!;
      const logits = Float64Array.from({ length: classes }, (_, v) => {
        let logit = 0;
        for (let c = 0; c < columns; c++) logit += x![row * columns + c]! * at(v, c);
        return logit;
      });
      const logSum = logSumExp(logits);
      loss += weights![row]! * (logSum - logits[target]!);
      if (!differentiable) continue;
      for (let v = 0; v < classes; v++) {
        const dlogit = weights![row]! * (Math.exp(logits[v]! - logSum) - Number(v === target));
        for (let c = 0; c < columns; c++) {
          dx[row * columns + c]! += dlogit * at(v, c);
          dweight[v * columns + c]! += dlogit * x![row * columns + c]!;
        }
      }
    }
    return differentiable ? [Float64Array.of(loss), dx, dweight] : [Float64Array.of(loss)];
  },
  lower({ inputs, outputs: [loss, dx, dweight], attributes }, context) {
    const [x, weight] = inputs as Inputs;
    const [n, classes] = [x.shape[0]!, weight.shape[0]!];
    const rows = Math.min(attributes.chunkRows, n);
    const losses = context.scratch('losses', [n]);
    const chunk = {
      logits: context.scratch('logits chunk', [rows, classes]),
      logSums: context.scratch('log sums', [rows]),
    };
    const dispatches: Dispatch[] = [];
    for (let first = 0; first < n; first += rows) {
      const range = { first, count: Math.min(rows, n - first) };
      const gradients = attributes.differentiable ? { dx: dx!, dweight: dweight! } : null;
      dispatches.push(...lowerChunk(inputs as Inputs, { ...chunk, losses }, gradients, range, context));
    }
    return [...dispatches, ...orderedSum([losses], loss!, context, {})];
  },
  backward({ graph, node, outputGradients: [dloss] }) {
    const [, dx, dweight] = node.outputs;
    if (!dx || !dweight) {
      throw new TypeError('linearCrossEntropy: has no gradient, got differentiable: false, expected true');
    }
    // The gradient of a loss by itself is one: nothing to multiply.
    const one = graph.constants.get(dloss!)?.[0] === 1;
    const scaled = (gradient: Tensor) => (one ? gradient : scaleBy(graph, gradient, dloss!));
    return [scaled(dx), scaled(dweight), null, null, null];
  },
};

interface ChunkTensors {
  readonly logits: Tensor;
  readonly logSums: Tensor;
  /** Of all rows. */
  readonly losses: Tensor;
}

/** Dispatches of rows `first` to `first + count`: logits, losses, and where wanted dx and their share of dweight. */
function lowerChunk(
  [x, weight, targets, weights, ones]: Inputs,
  chunk: ChunkTensors,
  gradients: { readonly dx: Tensor; readonly dweight: Tensor } | null,
  { first, count }: { readonly first: number; readonly count: number },
  context: LoweringContext,
): Dispatch[] {
  const [classes, columns] = weight.shape as [number, number];
  const of = (tensor: Tensor) => rowWindow(tensor, first, count);
  const rows = {
    logits: rowWindow(chunk.logits, 0, count),
    logSums: rowWindow(chunk.logSums, 0, count),
    targets: of(targets),
    weights: of(weights),
  };
  const inner = { m: count, n: classes, k: columns };
  const dispatches = [
    ...matmulDispatch({ layout: 'nt', ...inner, a: of(x), b: weight, c: rows.logits }, context),
    ...crossEntropyForward({ ...rows, losses: of(chunk.losses) }, context),
  ];
  if (!gradients) return dispatches;
  const toX = { m: count, n: columns, k: classes };
  const toWeight = { m: classes, n: columns, k: count, accumulate: first > 0 };
  return [
    ...dispatches,
    ...crossEntropyBackward({ ...rows, dlosses: rowWindow(ones, 0, count) }, context),
    ...matmulDispatch({ layout: 'nn', ...toX, a: rows.logits, b: weight, c: of(gradients.dx) }, context),
    ...matmulDispatch({ layout: 'tn', ...toWeight, a: rows.logits, b: of(x), c: gradients.dweight }, context),
  ];
}

/** Rows of a chunk are whole windows of 64, so that every window starts where a binding may. */
const rowAlignment = 64;
/** Fewer rows would read the weight and its gradient too often for what they compute. */
const fewestRows = 128;
/** Bytes of a chunk's logits: what every adapter can bind. */
const mostLogitBytes = 128 * 1024 * 1024;

/**
 * Rows of a chunk whose logits are about as large as all hidden states; null where the logits of all rows are not
 * worth cutting up: a head no wider than a feed-forward layer, or few rows.
 */
export function headChunkRows(n: number, columns: number, classes: number): number | null {
  const even = 2 ** Math.ceil(Math.log2((n * columns) / classes));
  const largest = Math.floor(mostLogitBytes / (4 * classes * rowAlignment)) * rowAlignment;
  const rows = Math.max(rowAlignment, Math.min(Math.max(even, fewestRows), largest));
  return classes <= 4 * columns || rows >= n ? null : rows;
}

/**
 * Σ_n weights[n] · −log softmax(x[n]·weightᵀ)[targets[n]] for x (N, C), weight (V, C), targets i32 (N), weights f32
 * (N): (1). As `sum(crossEntropy(linear(x, weight)))`, in chunks of `chunkRows` rows (a multiple of 64). Differentiable
 * in x and weight if so declared; otherwise only the loss is computed.
 */
export function linearCrossEntropy(
  graph: Graph,
  x: Tensor,
  weight: Tensor,
  targets: Tensor,
  weights: Tensor,
  { chunkRows, differentiable }: Attributes,
): Tensor {
  if (chunkRows < rowAlignment || chunkRows % rowAlignment !== 0) {
    throw new RangeError(
      `linearCrossEntropy: chunkRows, got ${chunkRows}, expected a multiple of ${rowAlignment}`,
    );
  }
  const ones = filled(graph, 1, [Math.min(chunkRows, x.shape[0] ?? 1)]);
  return graph.apply(operation, [x, weight, targets, weights, ones], { chunkRows, differentiable })[0]!;
}
