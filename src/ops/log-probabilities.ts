/** What evaluation asks of logits: how probable the target is, and whether it is the model's first choice. */
import logProbabilitiesSource from '../../shaders/log-probabilities.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { checkTargets, logSumExp, targetColumn } from './log-sum-exp.ts';
import { rowDispatch } from './row-kernel.ts';

const shader = defineShader('log-probabilities', logProbabilitiesSource);

const operation: Operation<null> = {
  name: 'logProbabilities',
  infer([logits, targets]) {
    return [{ shape: [checkTargets('logProbabilities', logits!, targets!), 2], dtype: 'f32' }];
  },
  reference([logits, targets], { inputs }) {
    const [rows, columns] = inputs[0]!.shape as [number, number];
    const y = new Float64Array(rows * 2);
    for (let row = 0; row < rows; row++) {
      if (targets![row]! < 0) continue;
      const values = logits!.subarray(row * columns, (row + 1) * columns);
      const target = targetColumn(targets![row]!, columns);
      const first = values.reduce((at, value, c) => (value > values[at]! ? c : at), 0);
      y.set([values[target]! - logSumExp(values), first === target ? 1 : 0], row * 2);
    }
    return [y];
  },
  lower({ inputs: [logits, targets], outputs: [y] }, context) {
    const [rows, columns] = logits!.shape as [number, number];
    const bindings = { logits: logits!, targets: targets!, y: y! };
    return [rowDispatch({ shader, bindings, rows, columns }, context)];
  },
};

/**
 * For logits (N, V) and targets i32 (N): (N, 2), per row log softmax(logits)[target] in nats, and 1 if the target is
 * the argmax (the first of equals) else 0. A negative target gives 0, 0. Not differentiable.
 */
export function logProbabilities(graph: Graph, logits: Tensor, targets: Tensor): Tensor {
  return graph.apply(operation, [logits, targets], null)[0]!;
}
