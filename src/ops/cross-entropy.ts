/** Weighted cross-entropy per row of logits; the gradient is written over the logits, so no second (N, V) exists. */
import backwardTargetSource from '../../shaders/cross-entropy-backward-target.wgsl?raw';
import backwardSource from '../../shaders/cross-entropy-backward.wgsl?raw';
import forwardSource from '../../shaders/cross-entropy-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import { flatGrid, type Dispatch, type LoweringContext, type Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { checkTargets, logSumExp, targetColumn } from './log-sum-exp.ts';
import { rowDispatch } from './row-kernel.ts';

const forward = defineShader('cross-entropy-forward', forwardSource);
const backward = defineShader('cross-entropy-backward', backwardSource);
const backwardTarget = defineShader('cross-entropy-backward-target', backwardTargetSource);

const operation: Operation<null> = {
  name: 'crossEntropy',
  exact: true,
  infer([logits, targets, weights]) {
    const rows = checkTargets('crossEntropy', logits!, targets!);
    checkShape('crossEntropy', 'weights', weights!.shape, [rows]);
    return [0, 1].map(() => ({ shape: [rows], dtype: 'f32' as const }));
  },
  reference([logits, targets, weights], { inputs }) {
    const [rows, columns] = inputs[0]!.shape as [number, number];
    const losses = new Float64Array(rows);
    const logSums = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const values = logits!.subarray(row * columns, (row + 1) * columns);
      logSums[row] = logSumExp(values);
      const target = targets![row]!;
      if (target >= 0)
        losses[row] = weights![row]! * (logSums[row]! - values[targetColumn(target, columns)]!);
    }
    return [losses, logSums];
  },
  lower({ inputs: [logits, targets, weights], outputs: [losses, logSums] }, context) {
    const tensors = {
      logits: logits!,
      targets: targets!,
      weights: weights!,
      losses: losses!,
      logSums: logSums!,
    };
    return crossEntropyForward(tensors, context);
  },
  backward({ graph, node: { inputs, outputs }, outputGradients: [dlosses] }) {
    const [logits, targets, weights] = inputs as [Tensor, Tensor, Tensor];
    return [graph.apply(gradient, [logits, targets, weights, outputs[1]!, dlosses!], null)[0]!, null, null];
  },
};

const gradient: Operation<null> = {
  name: 'crossEntropyBackward',
  inPlace: { 0: 0 },
  infer: ([logits]) => [{ shape: logits!.shape, dtype: 'f32' }],
  reference([logits, targets, weights, logSums, dlosses], { inputs }) {
    const columns = inputs[0]!.shape[1]!;
    const dlogits = logits!.map((logit, index) => {
      const row = Math.floor(index / columns);
      const target = targets![row]!;
      if (target < 0) return 0;
      const hit = index % columns === targetColumn(target, columns) ? 1 : 0;
      return (Math.exp(logit - logSums![row]!) - hit) * weights![row]! * dlosses![row]!;
    });
    return [dlogits];
  },
  lower({ inputs: [logits, targets, weights, logSums, dlosses] }, context) {
    const tensors = { logits: logits!, targets: targets!, weights: weights!, logSums: logSums! };
    return crossEntropyBackward({ ...tensors, dlosses: dlosses! }, context);
  },
};

interface RowTensors {
  /** (N, V). */
  readonly logits: Tensor;
  readonly targets: Tensor;
  readonly weights: Tensor;
  readonly logSums: Tensor;
}

/** The dispatch that writes losses and logSums. */
export function crossEntropyForward(
  { logits, targets, weights, losses, logSums }: RowTensors & { readonly losses: Tensor },
  context: LoweringContext,
): Dispatch[] {
  const [rows, columns] = logits.shape as [number, number];
  const bindings = { logits, targets, weights, losses, log_sums: logSums };
  return [rowDispatch({ shader: forward, bindings, rows, columns }, context)];
}

/** Dispatches that overwrite the logits by their gradient. */
export function crossEntropyBackward(
  { logits, targets, weights, logSums, dlosses }: RowTensors & { readonly dlosses: Tensor },
  context: LoweringContext,
): Dispatch[] {
  const [rows, columns] = logits.shape as [number, number];
  const shared = { targets, weights, dlosses };
  const bindings = { ...shared, logits, log_sums: logSums };
  return [
    rowDispatch({ shader: backward, bindings, rows, columns }, context),
    {
      shader: backwardTarget,
      bindings: { ...shared, dlogits: logits },
      params: { n: rows, columns },
      workgroups: flatGrid(rows, 64, context.limits),
    },
  ];
}

/**
 * weights[n] · −log softmax(logits[n])[targets[n]] for logits (N, V), targets i32 (N), weights f32 (N): (N).
 * A negative target (−100 by convention) gives loss 0 and gradient 0; a target past V counts as V − 1 and must not
 * occur. Differentiable in the logits only, and its gradient takes their storage: once differentiated, nothing after
 * the backward can read the logits (the lowering refuses a graph that does).
 */
export function crossEntropy(graph: Graph, logits: Tensor, targets: Tensor, weights: Tensor): Tensor {
  return graph.apply(operation, [logits, targets, weights], null)[0]!;
}
