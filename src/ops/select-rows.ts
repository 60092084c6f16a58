/** y[n] = x[rows[n]]: picking rows of a matrix by index, and summing gradients back into them without atomics. */
import selectRowsBackward from '../../shaders/select-rows-backward.wgsl?raw';
import selectRowsBf16 from '../../shaders/select-rows-bf16.wgsl?raw';
import selectRowsForward from '../../shaders/select-rows-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph, HostArray } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, type Tensor } from '../graph/tensor.ts';
import { rowDispatch } from './row-kernel.ts';
import { joinPieces, piecesOf, placePieces, type RowPieces } from './row-pieces.ts';
import { rowWindow } from './row-window.ts';

const forward = defineShader('select-rows-forward', selectRowsForward);
const forwardBf16 = defineShader('select-rows-bf16', selectRowsBf16);
const backward = defineShader('select-rows-backward', selectRowsBackward);

interface Attributes {
  /** A row of x that gets no gradient, as PyTorch's `padding_idx`. */
  readonly frozenRow: number | null;
}

const operation: Operation<Attributes> = {
  name: 'selectRows',
  infer([rows, ...pieces]) {
    checkShape('selectRows', 'x', pieces[0]!.shape, [null, null]);
    checkShape('selectRows', 'rows', rows!.shape, [null]);
    const { columns } = placePieces('selectRows', pieces);
    if (rows!.dtype !== 'i32')
      throw new TypeError(`selectRows: rows has the wrong type, got ${rows!.dtype}, expected i32`);
    return [{ shape: [rows!.shape[0]!, columns], dtype: 'f32' }];
  },
  reference([rows, ...pieces], { inputs }) {
    const { rows: rowsOfX, columns } = placePieces('selectRows', inputs.slice(1));
    const x = joinPieces(pieces);
    const y = new Float64Array(rows!.length * columns);
    rows!.forEach((row, n) => {
      const start = clampRow(row, rowsOfX) * columns;
      y.set(x.subarray(start, start + columns), n * columns);
    });
    return [y];
  },
  lower({ inputs: [rows, ...pieces], outputs: [y] }, context) {
    const [n, columns] = y!.shape as [number, number];
    const { placed, rows: all_rows } = placePieces('selectRows', pieces);
    return placed.map(({ piece, first, rows: rows_of_x }) => {
      const bindings = { x: piece, selected: rows!, y: y! };
      const params = { rows_of_x, first_row: first, all_rows };
      const shader = piece.dtype === 'bf16' ? forwardBf16 : forward;
      return rowDispatch({ shader, bindings, rows: n, columns, params }, context);
    });
  },
  backward({ graph, node, outputGradients: [dy], needed }) {
    const [rows, ...pieces] = node.inputs as [Tensor, ...Tensor[]];
    const { placed, rows: allRows } = placePieces('selectRows', pieces);
    const [offsets, positions] = positionsByRow(graph, rows, allRows, node.attributes.frozenRow);
    const gradients = placed.map(({ first, rows: rowsOfX }, index) =>
      needed[index + 1] ? graph.apply(gradient, [dy!, offsets!, positions!], { first, rowsOfX })[0]! : null,
    );
    return [null, ...gradients];
  },
};

/** Of the rows from `first` on: one piece. */
const gradient: Operation<{ first: number; rowsOfX: number }> = {
  name: 'selectRowsBackward',
  infer([dy], { rowsOfX }) {
    return [{ shape: [rowsOfX, dy!.shape[1]!], dtype: 'f32' }];
  },
  reference([dy, offsets, positions], { outputs, attributes: { first } }) {
    const [rowsOfX, columns] = outputs[0]!.shape as [number, number];
    const dx = new Float64Array(rowsOfX * columns);
    for (let row = 0; row < rowsOfX; row++) {
      for (let k = offsets![first + row]!; k < offsets![first + row + 1]!; k++) {
        for (let c = 0; c < columns; c++) dx[row * columns + c]! += dy![positions![k]! * columns + c]!;
      }
    }
    return [dx];
  },
  lower({ inputs: [dy, offsets, positions], outputs: [dx], attributes: { first } }, context) {
    const [rows, columns] = dx!.shape as [number, number];
    const own = rowWindow(offsets!, first, rows + 1);
    const bindings = { dy: dy!, offsets: own, positions: positions!, dx: dx! };
    return [rowDispatch({ shader: backward, bindings, rows, columns }, context)];
  },
};

/** Inputs derived by the host: where each row's positions start (V + 1), and the positions sorted by row (N). */
function positionsByRow(graph: Graph, rows: Tensor, rowsOfX: number, frozenRow: number | null): Tensor[] {
  if (rows.role !== 'input') {
    throw new TypeError(
      `selectRows: rows must be an input of the graph to be differentiated through, got ${rows.name} (${rows.role})`,
    );
  }
  const types = [
    { name: 'offsets', shape: [rowsOfX + 1], dtype: 'u32' as const },
    { name: 'positions', shape: rows.shape, dtype: 'u32' as const },
  ];
  return graph.derive(rows, `positionsByRow${rowsOfX} less ${frozenRow}`, types, (data) =>
    sortPositions(data, rowsOfX, frozenRow),
  );
}

/** Counting sort: stable, so positions ascend within a row. A frozen row has none; the tail is then left over. */
export function sortPositions(
  rows: HostArray,
  rowsOfX: number,
  frozenRow: number | null = null,
): [offsets: Uint32Array, positions: Uint32Array] {
  const offsets = new Uint32Array(rowsOfX + 1);
  for (const row of rows) {
    const read = clampRow(row, rowsOfX);
    if (read !== frozenRow) offsets[read + 1]!++;
  }
  for (let row = 0; row < rowsOfX; row++) offsets[row + 1]! += offsets[row]!;
  const next = offsets.slice(0, rowsOfX);
  const positions = new Uint32Array(rows.length);
  rows.forEach((row, position) => {
    const read = clampRow(row, rowsOfX);
    if (read !== frozenRow) positions[next[read]!++] = position;
  });
  return [offsets, positions];
}

function clampRow(row: number, rowsOfX: number): number {
  return Math.min(Math.max(row, 0), rowsOfX - 1);
}

/**
 * The rows of x (V, C), f32 or bf16, whole or in pieces, at `rows` i32 (N): (N, C) in f32. Rows out of range read the nearest row, never outside; whoever makes
 * the indices validates them. Differentiable in x, less its `frozenRow`, when `rows` is an input of the graph.
 */
export function selectRows(
  graph: Graph,
  x: RowPieces,
  rows: Tensor,
  frozenRow: number | null = null,
): Tensor {
  return graph.apply(operation, [rows, ...piecesOf(x)], { frozenRow })[0]!;
}
