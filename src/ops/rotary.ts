/** Rotary position embedding (Su et al. 2021) in the rotate-half form of GPT-NeoX and Llama. */
import rotarySource from '../../shaders/rotary.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { checkRotary, rotateHead, rotaryTables, type Rotary } from './rotary-table.ts';
import { rowDispatch } from './row-kernel.ts';

const shader = defineShader('rotary', rotarySource);

interface Attributes extends Rotary {
  readonly direction: 1 | -1;
}

const operation: Operation<Attributes> = {
  name: 'rotary',
  infer([x], attributes) {
    checkShape('rotary', 'x', x!.shape, [null, null, null, null]);
    checkRotary('rotary', attributes, x!.shape[3]!);
    return [{ shape: x!.shape, dtype: 'f32' }];
  },
  reference([x, cosines, sines], { inputs, attributes: { rotaryDimensions, direction } }) {
    const [, time, heads, headSize] = inputs[0]!.shape as [number, number, number, number];
    const y = x!.slice();
    for (let head = 0; head * headSize < y.length; head++) {
      const t = Math.floor(head / heads) % time;
      const values = y.subarray(head * headSize, (head + 1) * headSize);
      rotateHead(values, cosines!, sines!, t, rotaryDimensions / 2, direction);
    }
    return [y];
  },
  lower({ inputs: [x, cosines, sines], outputs: [y], attributes }, context) {
    const [batch, time, heads, headSize] = x!.shape as [number, number, number, number];
    const kernel = {
      shader,
      bindings: { x: x!, cosines: cosines!, sines: sines!, y: y! },
      rows: batch * time * heads,
      columns: headSize,
      params: { time, heads, direction: attributes.direction },
      counts: { half: attributes.rotaryDimensions / 2 },
    };
    return [rowDispatch(kernel, context)];
  },
  backward({ graph, node: { inputs, attributes }, outputGradients: [dy] }) {
    const back = { ...attributes, direction: attributes.direction === 1 ? (-1 as const) : (1 as const) };
    return [graph.apply(operation, [dy!, inputs[1]!, inputs[2]!], back)[0]!, null, null];
  },
};

/**
 * x (B, T, H, D) with the first `rotaryDimensions` of each head rotated by its position t, or by row t of `tables` (cos
 * and sin, (T, rotaryDimensions / 2)): the same shape.
 */
export function rotary(
  graph: Graph,
  x: Tensor,
  options: Rotary,
  tables: readonly [Tensor, Tensor] = rotaryTables(graph, x.shape[1]!, options),
): Tensor {
  return graph.apply(operation, [x, ...tables], { ...options, direction: 1 })[0]!;
}
