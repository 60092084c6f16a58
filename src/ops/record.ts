/** One number written into a ring of metrics on the GPU, so that a step reads nothing back. */
import recordSource from '../../shaders/record.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';

const shader = defineShader('record', recordSource);

interface Attributes {
  readonly column: number;
}

const operation: Operation<Attributes> = {
  name: 'record',
  inPlace: { 0: 0 },
  infer([ring, row, value], { column }) {
    checkShape('record', 'ring', ring!.shape, [null, null]);
    checkShape('record', 'row', row!.shape, [1]);
    checkShape('record', 'value', value!.shape, [1]);
    if (row!.dtype !== 'u32')
      throw new TypeError(`record: row has the wrong type, got ${row!.dtype}, expected u32`);
    if (column < 0 || column >= ring!.shape[1]!) {
      throw new RangeError(
        `record: column is outside the ring, got ${column}, expected 0 to ${ring!.shape[1]! - 1}`,
      );
    }
    return [{ shape: ring!.shape, dtype: 'f32' }];
  },
  reference([ring, row, value], { attributes: { column }, inputs }) {
    const [rows, columns] = inputs[0]!.shape as [number, number];
    const written = ring!.slice();
    written[(row![0]! % rows) * columns + column] = value![0]!;
    return [written];
  },
  lower({ inputs: [ring, row, value], attributes: { column } }) {
    const [rows, columns] = ring!.shape as [number, number];
    const bindings = { ring: ring!, row: row!, value: value! };
    return [{ shader, bindings, params: { rows, columns, column }, workgroups: [1, 1, 1] }];
  },
};

/**
 * Writes value (1) into ring (R, W) at [row mod R, column] and returns the ring, which the next record must take.
 * `row` is u32 (1), usually the step.
 */
export function record(graph: Graph, ring: Tensor, row: Tensor, column: number, value: Tensor): Tensor {
  return graph.apply(operation, [ring, row, value], { column })[0]!;
}
