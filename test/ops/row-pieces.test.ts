/** Tables and heads whose rows lie in pieces: as the float64 reference of the whole has them, and as the whole itself. */
import { describe, expect, it } from 'vitest';
import { Executable } from '../../src/graph/executable.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { add } from '../../src/ops/add.ts';
import { toBf16 } from '../../src/ops/bf16.ts';
import { embedding } from '../../src/ops/embedding.ts';
import { linearCrossEntropy } from '../../src/ops/linear-cross-entropy.ts';
import { linear } from '../../src/ops/linear.ts';
import type { RowPieces } from '../../src/ops/row-pieces.ts';
import { testGpu } from '../gpu/device.ts';
import { checkOperation, expectClose, seededNormal, tolerance } from './harness.ts';

/** Rows of each piece: the last may be any number. */
const cuts = [
  [64, 1],
  [128, 64, 37],
  [64, 64, 64],
] as const;

/** Inputs w0, w1, … of so many rows. */
const pieceInputs = (cut: readonly number[], columns: number, constant = false) =>
  Object.fromEntries(cut.map((rows, index) => [`w${index}`, { shape: [rows, columns], constant }]));
const piecesIn = (tensors: Record<string, Tensor>, cut: readonly number[]) =>
  cut.map((_, index) => tensors[`w${index}`]!);
const total = (cut: readonly number[]) => cut.reduce((sum, rows) => sum + rows, 0);

const targetsOf = (rows: number, classes: number) =>
  Int32Array.from({ length: rows }, (_, i) => (i % 5 === 2 ? -100 : (i * 29) % classes));

describe.each(cuts.map((cut) => ({ cut })))('rows in pieces of $cut', ({ cut }) => {
  const classes = total(cut);

  it('are looked up, out of range as the nearest, and get their gradients', async () => {
    const tokens = Int32Array.from({ length: 71 }, (_, i) => ((i * i * 7) % (classes + 2)) - 1);
    await checkOperation({
      inputs: pieceInputs(cut, 5),
      indices: { tokens: { shape: [71], data: tokens } },
      build: (graph, tensors) => embedding(graph, tensors.tokens!, piecesIn(tensors, cut), 3),
      tolerance: tolerance.rows,
    });
    await checkOperation({
      inputs: pieceInputs(cut, 3, true),
      indices: { tokens: { shape: [71], data: tokens } },
      build: (graph, tensors) =>
        embedding(
          graph,
          tensors.tokens!,
          piecesIn(tensors, cut).map((piece) => toBf16(graph, piece)),
        ),
      tolerance: 0,
    });
  });

  it.each([1, 2, 33])('multiply %i rows', async (rows) => {
    const inputs = { x: { shape: [rows, 6], constant: true }, ...pieceInputs(cut, 6, true) };
    const build = (graph: Graph, tensors: Record<string, Tensor>) =>
      linear(graph, tensors.x!, piecesIn(tensors, cut), null);
    await checkOperation({ inputs, build, tolerance: tolerance.dot });
    await checkOperation({
      inputs,
      build: (graph, tensors) =>
        linear(
          graph,
          tensors.x!,
          piecesIn(tensors, cut).map((piece) => toBf16(graph, piece)),
          null,
        ),
      tolerance: tolerance.dot,
    });
  });

  it.each([3, 65, 131])('are a head for %i rows, with gradients', async (rows) => {
    await checkOperation({
      inputs: {
        x: { shape: [rows, 7] },
        weights: {
          shape: [rows],
          data: Float32Array.from({ length: rows }, (_, i) => 0.25 + (i % 3)),
          constant: true,
        },
        ...pieceInputs(cut, 7),
      },
      indices: { targets: { shape: [rows], data: targetsOf(rows, classes) } },
      build: (graph, tensors) =>
        linearCrossEntropy(graph, tensors.x!, piecesIn(tensors, cut), tensors.targets!, tensors.weights!, {
          chunkRows: 64,
          differentiable: true,
        }),
      tolerance: tolerance.dot,
      finiteDifferences: rows === 3,
    });
  });

  it('give the loss and the weight gradients of the whole head to the bit, and dx but for its order', async () => {
    const [whole, pieces] = [await headOf([classes]), await headOf(cut)];
    expect(pieces.loss).toEqual(whole.loss);
    expect(pieces.dweight).toEqual(whole.dweight);
    expectClose(pieces.dx, whole.dx, tolerance.elementwise, 'dx');
  });
});

/** Loss and gradients of 70 rows, on the GPU, from the same numbers however the weight is cut. */
async function headOf(cut: readonly number[]) {
  const [rows, columns] = [70, 12];
  const classes = total(cut);
  const graph = new Graph();
  const x = graph.input('x', [rows, columns]);
  const weight = cut.map((count, index) => graph.input(`w${index}`, [count, columns]));
  const [targets, weights] = [graph.input('targets', [rows], 'i32'), graph.input('weights', [rows])];
  const whole: RowPieces = weight.length === 1 ? weight[0]! : weight;
  const loss = linearCrossEntropy(graph, x, whole, targets, weights, { chunkRows: 64, differentiable: true });
  const outputs = [loss, ...gradients(graph, loss, [x, ...weight], add)] as Tensor[];
  const executable = await Executable.compile(await testGpu(), graph, new VariableStore(await testGpu()), {
    outputs,
    poison: true,
  });
  const random = seededNormal(5);
  const numbers = (size: number) => Float32Array.from({ length: size }, random);
  const [xs, ws] = [numbers(rows * columns), numbers(classes * columns)];
  let start = 0;
  const pieces = cut.map(
    (count, index) => [`w${index}`, ws.slice(start, (start += count * columns))] as const,
  );
  executable.run({
    x: xs,
    ...Object.fromEntries(pieces),
    targets: targetsOf(rows, classes),
    weights: new Float32Array(rows).fill(0.1),
  });
  const read = async (tensor: Tensor) => [...(await executable.read(tensor))];
  const [first, dx, ...dpieces] = outputs;
  const result = {
    loss: await read(first!),
    dx: await read(dx!),
    dweight: (await Promise.all(dpieces.map(read))).flat(),
  };
  executable.destroy();
  return result;
}

describe('rows in pieces', () => {
  it('are refused where only the last piece may end, or where they do not fit together', () => {
    const graph = new Graph();
    const tokens = graph.input('tokens', [3], 'i32');
    const [odd, other, wide] = [
      [63, 2],
      [64, 2],
      [64, 3],
    ].map((shape, i) => graph.input(`w${i}`, shape)) as [Tensor, Tensor, Tensor];
    expect(() => embedding(graph, tokens, [odd, other])).toThrow(
      'selectRows: a piece starts at row 63, expected a multiple of 64',
    );
    expect(() => embedding(graph, tokens, [other, wide])).toThrow(
      'a piece has the wrong shape, got (64, 3), expected (*, 2)',
    );
    expect(() => linear(graph, graph.input('x', [4, 2]), [other, odd], graph.input('bias', [127]))).toThrow(
      'a bias and a weight in pieces',
    );
  });
});
