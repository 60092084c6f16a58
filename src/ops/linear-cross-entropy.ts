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
import { gradientByPieces, productByPieces, weightGradientByPieces } from './linear-pieces.ts';
import { orderedSum } from './ordered-sum.ts';
import { joinPieces, piecesOf, placePieces, type RowPieces } from './row-pieces.ts';
import { rowWindow } from './row-window.ts';
import { scaleBy } from './scale-by.ts';

interface Attributes {
  readonly chunkRows: number;
  readonly differentiable: boolean;
}

/** The weight last, in one or more pieces of its rows. */
type Inputs = readonly [x: Tensor, targets: Tensor, weights: Tensor, ones: Tensor, ...pieces: Tensor[]];

const operation: Operation<Attributes> = {
  name: 'linearCrossEntropy',
  exact: true,
  infer([x, targets, weights, , ...pieces], { differentiable }) {
    checkShape('linearCrossEntropy', 'x', x!.shape, [null, null]);
    const [n, columns] = x!.shape as [number, number];
    checkShape('linearCrossEntropy', 'weight', pieces[0]!.shape, [null, columns]);
    const { rows: classes } = placePieces('linearCrossEntropy', pieces);
    checkTargets('linearCrossEntropy', { shape: [n, classes], dtype: 'f32' }, targets!);
    checkShape('linearCrossEntropy', 'weights', weights!.shape, [n]);
    const shapes = differentiable ? [[1], x!.shape, ...pieces.map(({ shape }) => shape)] : [[1]];
    return shapes.map((shape) => ({ shape, dtype: 'f32' as const }));
  },
  reference([x, targets, weights, , ...pieces], { inputs, attributes: { differentiable } }) {
    const [n, columns] = inputs[0]!.shape as [number, number];
    const weight = joinPieces(pieces);
    const classes = weight.length / columns;
    const dx = new Float64Array(x!.length);
    const dweight = new Float64Array(weight.length);
    let loss = 0;
    for (let row = 0; row < n; row++) {
      if (targets![row]! < 0) continue;
      const target = targetColumn(targets![row]!, classes);
      const at = (v: number, c: number) => weight[v * columns + c]!;
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
    if (!differentiable) return [Float64Array.of(loss)];
    const { placed } = placePieces('linearCrossEntropy', inputs.slice(4));
    const cut = placed.map(({ first, rows }) => dweight.slice(first * columns, (first + rows) * columns));
    return [Float64Array.of(loss), dx, ...cut];
  },
  lower({ inputs, outputs: [loss, dx, ...dpieces], attributes }, context) {
    const [x, , , , ...pieces] = inputs as Inputs;
    const [n, classes] = [x.shape[0]!, placePieces('linearCrossEntropy', pieces).rows];
    const rows = Math.min(attributes.chunkRows, n);
    const losses = context.scratch('losses', [n]);
    const chunk = {
      logits: context.scratch('logits chunk', [rows, classes]),
      logSums: context.scratch('log sums', [rows]),
    };
    const dispatches: Dispatch[] = [];
    for (let first = 0; first < n; first += rows) {
      const range = { first, count: Math.min(rows, n - first) };
      const gradients = attributes.differentiable ? { dx: dx!, dpieces } : null;
      dispatches.push(...lowerChunk(inputs as Inputs, { ...chunk, losses }, gradients, range, context));
    }
    return [...dispatches, ...orderedSum([losses], loss!, context, {})];
  },
  backward({ graph, node, outputGradients: [dloss] }) {
    const [, dx, ...dpieces] = node.outputs;
    if (!dx) {
      throw new TypeError('linearCrossEntropy: has no gradient, got differentiable: false, expected true');
    }
    // The gradient of a loss by itself is one: nothing to multiply.
    const one = graph.constants.get(dloss!)?.[0] === 1;
    const scaled = (gradient: Tensor) => (one ? gradient : scaleBy(graph, gradient, dloss!));
    return [scaled(dx), null, null, null, ...dpieces.map(scaled)];
  },
};

interface ChunkTensors {
  readonly logits: Tensor;
  readonly logSums: Tensor;
  /** Of all rows. */
  readonly losses: Tensor;
}

/** Dispatches of rows `first` to `first + count`: logits, losses, and where wanted dx and their share of the weight's. */
function lowerChunk(
  [x, targets, weights, ones, ...pieces]: Inputs,
  chunk: ChunkTensors,
  gradients: { readonly dx: Tensor; readonly dpieces: readonly Tensor[] } | null,
  { first, count }: { readonly first: number; readonly count: number },
  context: LoweringContext,
): Dispatch[] {
  const of = (tensor: Tensor) => rowWindow(tensor, first, count);
  const rows = {
    logits: rowWindow(chunk.logits, 0, count),
    logSums: rowWindow(chunk.logSums, 0, count),
    targets: of(targets),
    weights: of(weights),
  };
  const dispatches = [
    ...productByPieces({ x: of(x), pieces, y: rows.logits }, context),
    ...crossEntropyForward({ ...rows, losses: of(chunk.losses) }, context),
  ];
  if (!gradients) return dispatches;
  const { dx, dpieces } = gradients;
  return [
    ...dispatches,
    ...crossEntropyBackward({ ...rows, dlosses: rowWindow(ones, 0, count) }, context),
    ...gradientByPieces({ dy: rows.logits, pieces, dx: of(dx) }, context),
    ...weightGradientByPieces({ dy: rows.logits, x: of(x), dpieces }, first > 0, context),
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

/** The chunk of all of n rows. */
export function wholeChunk(n: number): number {
  return Math.ceil(n / rowAlignment) * rowAlignment;
}

/**
 * Σ_n weights[n] · −log softmax(x[n]·weightᵀ)[targets[n]] for x (N, C), weight (V, C), whole or in pieces, targets i32 (N), weights f32
 * (N): (1). As `sum(crossEntropy(linear(x, weight)))`, in chunks of `chunkRows` rows (a multiple of 64). Differentiable
 * in x and weight if so declared; otherwise only the loss is computed.
 */
export function linearCrossEntropy(
  graph: Graph,
  x: Tensor,
  weight: RowPieces,
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
  return graph.apply(operation, [x, targets, weights, ones, ...piecesOf(weight)], {
    chunkRows,
    differentiable,
  })[0]!;
}
