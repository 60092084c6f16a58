/** y = (x − mean) / sqrt(variance + ε) · weight + bias over each row (Ba, Kiros & Hinton 2016). */
import layerNormBackwardParameters from '../../shaders/layer-norm-backward-parameters.wgsl?raw';
import layerNormBackward from '../../shaders/layer-norm-backward.wgsl?raw';
import layerNormForward from '../../shaders/layer-norm-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Dispatch, LoweringContext, Node, Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { addable } from './addable.ts';
import { columnSumDispatches } from './column-sum.ts';
import { filled } from './filled.ts';
import { rowDispatch, rowsPerChunk } from './row-kernel.ts';
import { vectorWidth, widened } from './vector-width.ts';

const forward = defineShader('layer-norm-forward', layerNormForward);
const backward = defineShader('layer-norm-backward', layerNormBackward);
const backwardParameters = defineShader('layer-norm-backward-parameters', layerNormBackwardParameters);

interface Attributes {
  readonly epsilon: number;
}

const operation: Operation<Attributes> = {
  name: 'layerNorm',
  exactOutputs: [1, 2],
  cheap: true,
  infer([x, weight, bias]) {
    checkShape('layerNorm', 'x', x!.shape, [null, null]);
    const [n, columns] = x!.shape as [number, number];
    checkShape('layerNorm', 'weight', weight!.shape, [columns]);
    checkShape('layerNorm', 'bias', bias!.shape, [columns]);
    return [x!.shape, [n], [n]].map((shape) => ({ shape, dtype: 'f32' as const }));
  },
  reference([x, weight, bias], { attributes: { epsilon }, inputs }) {
    const [rows, columns] = inputs[0]!.shape as [number, number];
    const y = new Float64Array(x!.length);
    const mean = new Float64Array(rows);
    const rstd = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const values = x!.subarray(row * columns, (row + 1) * columns);
      mean[row] = values.reduce((sum, value) => sum + value, 0) / columns;
      const variance = values.reduce((sum, value) => sum + (value - mean[row]!) ** 2, 0) / columns;
      rstd[row] = 1 / Math.sqrt(variance + epsilon);
      values.forEach((value, c) => {
        y[row * columns + c] = (value - mean[row]!) * rstd[row]! * weight![c]! + bias![c]!;
      });
    }
    return [y, mean, rstd];
  },
  lower({ attributes: { epsilon }, inputs: [x, weight, bias], outputs: [y, mean, rstd] }, context) {
    const [rows, columns] = x!.shape as [number, number];
    const bindings = { x: x!, weight: weight!, bias: bias!, y: y!, mean: mean!, rstd: rstd! };
    return [rowDispatch({ shader: forward, bindings, rows, columns, params: { epsilon } }, context)];
  },
  backward({ graph, node, outputGradients: [dy], needed }) {
    const [x, weight] = node.inputs as [Tensor, Tensor];
    const [, mean, rstd] = node.outputs as [Tensor, Tensor, Tensor];
    const dx = needed[0] ? graph.apply(inputGradient, [x, weight, mean, rstd, dy!], null)[0]! : null;
    if (!needed[1] && !needed[2]) return [dx, null, null];
    const [dweight, dbias] = graph.apply(parameterGradients, [x, mean, rstd, dy!], null);
    return [dx, dweight!, dbias!];
  },
};

const inputGradient = addable<null>(
  {
    name: 'layerNormBackward',
    infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }],
    reference([x, weight, mean, rstd, dy], { inputs }) {
      const [rows, columns] = inputs[0]!.shape as [number, number];
      const dx = new Float64Array(x!.length);
      for (let row = 0; row < rows; row++) {
        const start = row * columns;
        const normal = (c: number) => (x![start + c]! - mean![row]!) * rstd![row]!;
        let gradientSum = 0;
        let projection = 0;
        for (let c = 0; c < columns; c++) {
          const g = dy![start + c]! * weight![c]!;
          gradientSum += g;
          projection += g * normal(c);
        }
        for (let c = 0; c < columns; c++) {
          const g = dy![start + c]! * weight![c]!;
          dx[start + c] = rstd![row]! * (g - gradientSum / columns - (normal(c) * projection) / columns);
        }
      }
      return [dx];
    },
  },
  inputGradientDispatches,
);

function inputGradientDispatches(
  { inputs: [x, weight, mean, rstd, dy], outputs: [dx] }: Node<null>,
  addend: Tensor | null,
  context: LoweringContext,
): Dispatch[] {
  const [rows, columns] = x!.shape as [number, number];
  const unread = dy!; // something must be bound
  const bindings = {
    x: x!,
    weight: weight!,
    mean: mean!,
    rstd: rstd!,
    dy: dy!,
    addend: addend ?? unread,
    dx: dx!,
  };
  const params = { add_addend: Number(addend !== null) };
  return [rowDispatch({ shader: backward, bindings, rows, columns, params }, context)];
}

const parameterGradients: Operation<null> = {
  name: 'layerNormBackwardParameters',
  infer: ([x]) => [0, 1].map(() => ({ shape: [x!.shape[1]!], dtype: 'f32' as const })),
  reference([x, mean, rstd, dy], { inputs }) {
    const columns = inputs[0]!.shape[1]!;
    const dweight = new Float64Array(columns);
    const dbias = new Float64Array(columns);
    dy!.forEach((g, index) => {
      const row = Math.floor(index / columns);
      dweight[index % columns]! += g * (x![index]! - mean![row]!) * rstd![row]!;
      dbias[index % columns]! += g;
    });
    return [dweight, dbias];
  },
  lower({ inputs: [x, mean, rstd, dy], outputs: [dweight, dbias] }, context) {
    const [rows, columns] = x!.shape as [number, number];
    const chunks = Math.ceil(rows / rowsPerChunk);
    const width = vectorWidth(backwardParameters, [columns]);
    const partial = (label: string) => context.scratch(label, [chunks, columns]);
    const [toWeight, toBias] = chunks === 1 ? [dweight!, dbias!] : [partial('dweight'), partial('dbias')];
    const first = {
      shader: backwardParameters,
      bindings: { x: x!, mean: mean!, rstd: rstd!, dy: dy!, dweight: toWeight, dbias: toBias },
      variant: widened(backwardParameters, width),
      params: { rows, columns: columns / width, rows_per_chunk: rowsPerChunk },
      workgroups: [Math.ceil(columns / width / 64), chunks, 1] as const,
    };
    if (chunks === 1) return [first];
    return [
      first,
      ...columnSumDispatches(toWeight, chunks, columns, dweight!, context),
      ...columnSumDispatches(toBias, chunks, columns, dbias!, context),
    ];
  },
};

/**
 * Layer norm of each row of x (N, C), with weight (C) and bias (C): (N, C). A null weight is 1, a null bias 0, as in
 * torch.nn.functional.layer_norm; the variance is the biased one.
 */
export function layerNorm(
  graph: Graph,
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  epsilon: number,
): Tensor {
  checkShape('layerNorm', 'x', x.shape, [null, null]);
  const columns = x.shape[1]!;
  const inputs = [x, weight ?? filled(graph, 1, [columns]), bias ?? filled(graph, 0, [columns])];
  return graph.apply(operation, inputs, { epsilon })[0]!;
}
