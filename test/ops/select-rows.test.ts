import { describe, expect, it } from 'vitest';
import { embedding } from '../../src/ops/embedding.ts';
import { Executable } from '../../src/graph/executable.ts';
import { Graph } from '../../src/graph/graph.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { add } from '../../src/ops/add.ts';
import { toBf16 } from '../../src/ops/bf16.ts';
import { selectRows, sortPositions } from '../../src/ops/select-rows.ts';
import { sum } from '../../src/ops/sum.ts';
import { testGpu } from '../gpu/device.ts';
import { checkOperation, seededNormal, tolerance } from './harness.ts';
import { independentLaneCases, laneChoices } from './sizes.ts';

function someRows(n: number, rowsOfX: number): Int32Array {
  const random = seededNormal(n);
  return Int32Array.from({ length: n }, () => Math.floor(Math.abs(random()) * rowsOfX) % rowsOfX);
}

/** The gradient of Σ x[rows] by x (4, 2), six rows asked for. */
function frozenGradient(frozenRow: number) {
  const graph = new Graph();
  const x = graph.input('x', [4, 2]);
  const picked = selectRows(graph, x, graph.input('rows', [6], 'i32'), frozenRow);
  const [gradient] = gradients(graph, sum(graph, picked), [x], add);
  return { graph, gradient: gradient! };
}

describe('selectRows', () => {
  it.each([
    [1, 1, 1],
    [2, 3, 2],
    [3, 2, 5],
    [31, 33, 7],
    [64, 65, 63],
    [131, 17, 64],
  ])('picks %i of %i rows of %i numbers and sums their gradients', async (n, rowsOfX, columns) => {
    await checkOperation({
      inputs: { x: { shape: [rowsOfX, columns] } },
      indices: { rows: { shape: [n], data: someRows(n, rowsOfX) } },
      build: (graph, { x, rows }) => selectRows(graph, x!, rows!),
      tolerance: tolerance.rows,
    });
  });

  it.each([
    [1, 1, 1],
    [3, 2, 5],
    [31, 33, 7],
    [131, 17, 64],
  ])('picks %i of %i rows of %i numbers in bf16', async (n, rowsOfX, columns) => {
    await checkOperation({
      inputs: { x: { shape: [rowsOfX, columns], constant: true } },
      indices: { rows: { shape: [n], data: someRows(n, rowsOfX) } },
      build: (graph, { x, rows }) => selectRows(graph, toBf16(graph, x!), rows!),
      tolerance: 0, // a copy
    });
  });

  it.each(independentLaneCases)(
    'agrees with float64 with $lanes on rows of $columns',
    async ({ lanes, columns }) => {
      await checkOperation({
        inputs: { x: { shape: [5, columns] } },
        indices: { rows: { shape: [9], data: someRows(9, 5) } },
        build: (graph, { x, rows }) => selectRows(graph, x!, rows!),
        tolerance: tolerance.rows,
        choices: {
          ...laneChoices(['select-rows-forward'], 9, columns, lanes),
          ...laneChoices(['select-rows-backward'], 5, columns, lanes),
        },
      });
    },
  );

  it('reads and sums into the nearest row where an index is out of range', async () => {
    await checkOperation({
      inputs: { weight: { shape: [5, 3] } },
      indices: { tokens: { shape: [4], data: Int32Array.of(-1, 5, 2_000_000_000, -2_000_000_000) } },
      build: (graph, { tokens, weight }) => embedding(graph, tokens!, weight!),
      tolerance: tolerance.rows,
    });
  });

  it('sorts positions by row, ascending within a row', () => {
    const [offsets, positions] = sortPositions(Int32Array.of(2, 0, 2, 1, 2), 4);
    expect([...offsets]).toEqual([0, 1, 2, 5, 5]);
    expect([...positions]).toEqual([1, 3, 0, 2, 4]);
  });

  it('leaves out a frozen row', async () => {
    const [offsets, positions] = sortPositions(Int32Array.of(2, 0, 2, 1, 9, 2), 4, 2);
    expect([...offsets]).toEqual([0, 1, 2, 2, 3]);
    expect([...positions].slice(0, 3)).toEqual([1, 3, 4]);
    const { graph, gradient } = frozenGradient(2);
    const reference = new Interpreter(graph);
    reference.run({ x: new Float32Array(8), rows: Int32Array.of(2, 0, 2, 1, 3, 2) });
    expect([...reference.read(gradient)]).toEqual([1, 1, 1, 1, 0, 0, 1, 1]);
    const store = new VariableStore(await testGpu());
    const executable = await Executable.compile(await testGpu(), graph, store, {
      outputs: [gradient],
      poison: true,
    });
    executable.run({ x: new Float32Array(8), rows: Int32Array.of(2, 0, 2, 1, 3, 2) });
    expect([...(await executable.read(gradient))]).toEqual([1, 1, 1, 1, 0, 0, 1, 1]);
    executable.destroy();
    store.destroy();
  });

  it('refuses rows that are not integers, and gradients through rows the host does not know', () => {
    const graph = new Graph();
    const x = graph.input('x', [4, 2]);
    expect(() => selectRows(graph, x, graph.input('rows', [3]))).toThrow(
      'selectRows: rows has the wrong type, got f32',
    );
    const constant = graph.constant('rows', Int32Array.of(1, 2));
    const loss = sum(graph, selectRows(graph, x, constant));
    expect(() => gradients(graph, loss, [x], add)).toThrow('must be an input of the graph');
  });
});
