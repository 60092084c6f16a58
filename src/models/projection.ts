/** Parameters by what they are, and the linear projection that every family is made of. */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { linear } from '../ops/linear.ts';
import type { RowPieces } from '../ops/row-pieces.ts';
import type { Parameters, ParameterSpec } from './family.ts';

/** A normally initialized weight (out, in); weight decay applies. */
export function matrix(
  name: string,
  shape: readonly [out: number, inner: number],
  std: number,
): ParameterSpec {
  return { name, shape, init: { kind: 'normal', std }, decay: true };
}

/** The embedding, or the head, or both in one where they are `tied`: (V, C), a row for each token. */
export function tokenMatrix(
  name: string,
  shape: readonly [vocabulary: number, width: number],
  std: number,
  { multiplied }: { readonly multiplied: boolean },
): ParameterSpec {
  return { ...matrix(name, shape, std), tokenRows: multiplied ? 'multiplied' : 'looked-up' };
}

/** A bias or a norm's weight; weight decay does not apply. */
export function vector(name: string, size: number, value: number): ParameterSpec {
  return { name, shape: [size], init: { kind: 'constant', value }, decay: false };
}

/** The parameters of one linear layer: `name.weight` (out, in) and, where it has one, `name.bias` (out). */
export function projection(
  name: string,
  shape: readonly [out: number, inner: number],
  { std, bias }: { readonly std: number; readonly bias: boolean },
): ParameterSpec[] {
  const weight = matrix(`${name}.weight`, shape, std);
  return bias ? [weight, vector(`${name}.bias`, shape[0], 0)] : [weight];
}

/** The rows of a `tokenMatrix`: in one piece, or in those that it was cut into. */
export function tokenRows(all: Parameters, name: string): RowPieces {
  return (
    all[name] ?? Object.keys(all).flatMap((piece) => (piece.startsWith(`${name}[`) ? [all[piece]!] : []))
  );
}

/** x (N, in) through the linear layer `name`: (N, out). */
export function project(graph: Graph, all: Parameters, name: string, x: Tensor): Tensor {
  return linear(graph, x, all[`${name}.weight`]!, all[`${name}.bias`] ?? null);
}
