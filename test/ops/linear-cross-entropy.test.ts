import { describe, expect, it } from 'vitest';
import { Executable } from '../../src/graph/executable.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { add } from '../../src/ops/add.ts';
import { crossEntropy } from '../../src/ops/cross-entropy.ts';
import { headChunkRows, linearCrossEntropy } from '../../src/ops/linear-cross-entropy.ts';
import { linear } from '../../src/ops/linear.ts';
import { sum } from '../../src/ops/sum.ts';
import { testGpu } from '../gpu/device.ts';
import { checkOperation, expectClose, seededNormal, tolerance } from './harness.ts';

/** Every fifth target ignored; weights of several sizes. */
const targetsOf = (rows: number, classes: number) =>
  Int32Array.from({ length: rows }, (_, i) => (i % 5 === 2 ? -100 : (i * 7) % classes));
const weightsOf = (rows: number) => Float32Array.from({ length: rows }, (_, i) => 0.25 + (i % 3));

describe('linearCrossEntropy', () => {
  it.each([
    [1, 2, 3],
    [3, 5, 31],
    [63, 4, 33],
    [64, 8, 36],
    [65, 3, 17],
    [131, 7, 64],
    [192, 12, 65],
  ])('agrees with float64 on %i rows of %i numbers and %i classes', async (rows, columns, classes) => {
    await checkOperation({
      inputs: {
        x: { shape: [rows, columns] },
        weight: { shape: [classes, columns] },
        weights: { shape: [rows], data: weightsOf(rows), constant: true },
      },
      indices: { targets: { shape: [rows], data: targetsOf(rows, classes) } },
      // The harness's loss multiplies by a number, so the gradients are scaled too.
      build: (graph, { x, weight, targets, weights }) =>
        linearCrossEntropy(graph, x!, weight!, targets!, weights!, { chunkRows: 64, differentiable: true }),
      tolerance: tolerance.dot,
    });
  });

  it('agrees with the plain head, in any number of chunks, and computes the same loss without gradients', async () => {
    const [rows, columns, classes] = [200, 16, 83];
    const plain = (graph: Graph, [x, weight, targets, weights]: Tensor[]) =>
      sum(graph, crossEntropy(graph, linear(graph, x!, weight!, null), targets!, weights!));
    const chunked =
      (chunkRows: number, differentiable = true) =>
      (graph: Graph, [x, weight, targets, weights]: Tensor[]) =>
        linearCrossEntropy(graph, x!, weight!, targets!, weights!, { chunkRows, differentiable });
    const expected = await headOnGpu(plain, rows, columns, classes);
    for (const chunkRows of [64, 128, 256]) {
      const actual = await headOnGpu(chunked(chunkRows), rows, columns, classes);
      // dweight is added up in another order; the rest sees the same numbers in the same kernels.
      actual.forEach((value, index) =>
        expectClose(value, expected[index]!, tolerance.elementwise, `${index} in ${chunkRows}`),
      );
      const [loss] = await headOnGpu(chunked(chunkRows, false), rows, columns, classes, false);
      expect([...loss!]).toEqual([...actual[0]!]);
    }
  });

  it('refuses to be differentiated where that was not declared, and chunks that no binding can start at', () => {
    const graph = new Graph();
    const x = graph.input('x', [70, 4]);
    const rest = [graph.input('w', [9, 4]), graph.input('t', [70], 'i32'), graph.input('n', [70])] as const;
    const loss = linearCrossEntropy(graph, x, ...rest, { chunkRows: 64, differentiable: false });
    expect(() => gradients(graph, loss, [x], add)).toThrow('got differentiable: false, expected true');
    expect(() => linearCrossEntropy(graph, x, ...rest, { chunkRows: 65, differentiable: true })).toThrow(
      'chunkRows, got 65, expected a multiple of 64',
    );
  });
});

describe('headChunkRows', () => {
  it('makes a chunk of logits about as large as the hidden states, of at least 128 rows', () => {
    expect(headChunkRows(8192, 128, 2048)).toBe(512);
    expect(headChunkRows(1024, 256, 2048)).toBe(128);
    expect(headChunkRows(4096, 128, 50_304)).toBe(128);
  });

  it('leaves a small head or a small batch whole', () => {
    expect(headChunkRows(1024, 128, 512)).toBeNull();
    expect(headChunkRows(128, 128, 50_304)).toBeNull();
  });

  it('keeps a chunk within what every adapter binds', () => {
    expect(headChunkRows(8192, 128, 400_000)! * 400_000 * 4).toBeLessThanOrEqual(128 * 1024 * 1024);
  });
});

/** Loss, dx and dweight of a head, from one seed. */
async function headOnGpu(
  head: (graph: Graph, inputs: Tensor[]) => Tensor,
  rows: number,
  columns: number,
  classes: number,
  differentiate = true,
): Promise<Float32Array[]> {
  const random = seededNormal(5);
  const values = {
    x: Float32Array.from({ length: rows * columns }, random),
    weight: Float32Array.from({ length: classes * columns }, random),
    targets: targetsOf(rows, classes),
    weights: weightsOf(rows),
  };
  const graph = new Graph();
  const x = graph.input('x', [rows, columns]);
  const weight = graph.input('weight', [classes, columns]);
  const loss = head(graph, [
    x,
    weight,
    graph.input('targets', [rows], 'i32'),
    graph.input('weights', [rows]),
  ]);
  const found = differentiate ? gradients(graph, loss, [x, weight], add) : [];
  const outputs = [loss, ...found.map((gradient) => gradient!)];
  const gpu = await testGpu();
  const store = new VariableStore(gpu);
  const executable = await Executable.compile(gpu, graph, store, { outputs, poison: true });
  executable.run(values);
  const results: Float32Array[] = [];
  for (const output of outputs) results.push((await executable.read(output)) as Float32Array);
  await gpu.finish();
  executable.destroy();
  return results;
}
