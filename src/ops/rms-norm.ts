/** y = x / sqrt(mean(x²) + ε) · weight over each row (Zhang & Sennrich 2019). */
import rmsNormBackwardParameters from '../../shaders/rms-norm-backward-parameters.wgsl?raw';
import rmsNormBackward from '../../shaders/rms-norm-backward.wgsl?raw';
import rmsNormForward from '../../shaders/rms-norm-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Dispatch, LoweringContext, Node, Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { addable } from './addable.ts';
import { columnSumDispatches } from './column-sum.ts';
import { filled } from './filled.ts';
import { rowDispatch, rowsPerChunk } from './row-kernel.ts';
import { vectorWidth, widened } from './vector-width.ts';

const forward = defineShader('rms-norm-forward', rmsNormForward);
const backward = defineShader('rms-norm-backward', rmsNormBackward);
const backwardParameters = defineShader('rms-norm-backward-parameters', rmsNormBackwardParameters);

interface Attributes {
  readonly epsilon: number;
}

const operation = addable<Attributes>(
  {
    name: 'rmsNorm',
    exactOutputs: [1],
    cheap: true,
    infer([x, weight]) {
      checkShape('rmsNorm', 'x', x!.shape, [null, null]);
      checkShape('rmsNorm', 'weight', weight!.shape, [x!.shape[1]!]);
      return [x!.shape, [x!.shape[0]!]].map((shape) => ({ shape, dtype: 'f32' as const }));
    },
    reference([x, weight], { attributes: { epsilon }, inputs }) {
      const [rows, columns] = inputs[0]!.shape as [number, number];
      const rstd = Float64Array.from({ length: rows }, (_, row) => {
        const values = x!.subarray(row * columns, (row + 1) * columns);
        return 1 / Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / columns + epsilon);
      });
      return [x!.map((value, i) => value * rstd[Math.floor(i / columns)]! * weight![i % columns]!), rstd];
    },
    backward({ graph, node, outputGradients: [dy], needed }) {
      const [x, weight] = node.inputs as [Tensor, Tensor];
      const rstd = node.outputs[1]!;
      return [
        needed[0] ? graph.apply(inputGradient, [x, weight, rstd, dy!], null)[0]! : null,
        needed[1] ? graph.apply(parameterGradient, [x, rstd, dy!], null)[0]! : null,
      ];
    },
  },
  forwardDispatches,
);

function forwardDispatches(
  { attributes: { epsilon }, inputs: [x, weight], outputs: [y, rstd] }: Node<Attributes>,
  addend: Tensor | null,
  context: LoweringContext,
): Dispatch[] {
  const [rows, columns] = x!.shape as [number, number];
  const unread = x!; // something must be bound
  const bindings = { x: x!, weight: weight!, addend: addend ?? unread, y: y!, rstd: rstd! };
  const params = { epsilon, add_addend: Number(addend !== null) };
  return [rowDispatch({ shader: forward, bindings, rows, columns, params }, context)];
}

const inputGradient = addable<null>(
  {
    name: 'rmsNormBackward',
    infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }],
    reference([x, weight, rstd, dy], { inputs }) {
      const [rows, columns] = inputs[0]!.shape as [number, number];
      const dx = new Float64Array(x!.length);
      for (let row = 0; row < rows; row++) {
        const start = row * columns;
        const g = dy!.subarray(start, start + columns).map((value, c) => value * weight![c]!);
        const normal = x!.subarray(start, start + columns).map((value) => value * rstd![row]!);
        const projection = g.reduce((sum, value, c) => sum + value * normal[c]!, 0) / columns;
        g.forEach((value, c) => (dx[start + c] = rstd![row]! * (value - normal[c]! * projection)));
      }
      return [dx];
    },
  },
  inputGradientDispatches,
);

function inputGradientDispatches(
  { inputs: [x, weight, rstd, dy], outputs: [dx] }: Node<null>,
  addend: Tensor | null,
  context: LoweringContext,
): Dispatch[] {
  const [rows, columns] = x!.shape as [number, number];
  const unread = dy!; // something must be bound
  const bindings = { x: x!, weight: weight!, rstd: rstd!, dy: dy!, addend: addend ?? unread, dx: dx! };
  const params = { add_addend: Number(addend !== null) };
  return [rowDispatch({ shader: backward, bindings, rows, columns, params }, context)];
}

const parameterGradient: Operation<null> = {
  name: 'rmsNormBackwardParameters',
  infer: ([x]) => [{ shape: [x!.shape[1]!], dtype: 'f32' }],
  reference([x, rstd, dy], { inputs }) {
    const columns = inputs[0]!.shape[1]!;
    const dweight = new Float64Array(columns);
    dy!.forEach((g, i) => (dweight[i % columns]! += g * x![i]! * rstd![Math.floor(i / columns)]!));
    return [dweight];
  },
  lower({ inputs: [x, rstd, dy], outputs: [dweight] }, context) {
    const [rows, columns] = x!.shape as [number, number];
    const chunks = Math.ceil(rows / rowsPerChunk);
    const width = vectorWidth(backwardParameters, [columns]);
    const partial = chunks === 1 ? dweight! : context.scratch('dweight', [chunks, columns]);
    const first = {
      shader: backwardParameters,
      bindings: { x: x!, rstd: rstd!, dy: dy!, dweight: partial },
      variant: widened(backwardParameters, width),
      params: { rows, columns: columns / width, rows_per_chunk: rowsPerChunk },
      workgroups: [Math.ceil(columns / width / 64), chunks, 1] as const,
    };
    return chunks === 1
      ? [first]
      : [first, ...columnSumDispatches(partial, chunks, columns, dweight!, context)];
  },
};

/** RMS norm of each row of x (N, C) with weight (C), or without where it is null: (N, C). */
export function rmsNorm(graph: Graph, x: Tensor, weight: Tensor | null, epsilon: number): Tensor {
  checkShape('rmsNorm', 'x', x.shape, [null, null]);
  return graph.apply(operation, [x, weight ?? filled(graph, 1, [x.shape[1]!])], { epsilon })[0]!;
}
