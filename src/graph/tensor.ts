/**
 * Symbolic tensors: a shape, a type, and where the value comes from. Shapes are static; data is row-major.
 * A tensor may be a view of another (`base`, `offset`): parameters are views of one flat variable, gradients of one
 * flat intermediate, so that the optimizer touches all of them in one dispatch.
 */
import type { Node } from './operation.ts';

/** bf16 is storage only: two in a word, the even one low, widened to f32 by the kernels that take it. */
export type DType = 'f32' | 'i32' | 'u32' | 'bf16';
export type Shape = readonly number[];

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * - `variable`: lives across steps in a VariableStore (parameters, moments, metrics).
 * - `input`: written by the host before a step.
 * - `constant`: written once.
 * - `intermediate`: made by a node and dead after its last use.
 */
export type Role = 'variable' | 'input' | 'constant' | 'intermediate';

export interface Tensor extends TensorType {
  readonly id: number;
  readonly role: Role;
  /** Unique among variables and inputs; a label elsewhere. */
  readonly name: string;
  /** The tensor whose storage this one lies in; itself unless it is a view. */
  readonly base: Tensor;
  /** Offset in elements into `base`. */
  readonly offset: number;
  /** The node that makes it; null for variables, inputs and constants. */
  readonly node: Node | null;
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Bytes of one element. */
export function widthOf(dtype: DType): number {
  return dtype === 'bf16' ? 2 : 4;
}

/** Whole words: what a buffer must hold and a binding shows. */
export function bytesOf({ shape, dtype }: TensorType): number {
  return Math.ceil((sizeOf(shape) * widthOf(dtype)) / 4) * 4;
}

/** Where a tensor starts in its base, in bytes. */
export function startOf({ offset, dtype }: Pick<Tensor, 'offset' | 'dtype'>): number {
  return offset * widthOf(dtype);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, index) => dimension === b[index]);
}

export function formatShape(shape: Shape): string {
  return `(${shape.join(', ')})`;
}

/** Throws `operation: …` unless `actual` is `expected`; null in `expected` fits any size. */
export function checkShape(
  operation: string,
  argument: string,
  actual: Shape,
  expected: readonly (number | null)[],
): void {
  const fits =
    actual.length === expected.length &&
    expected.every((size, index) => size === null || size === actual[index]);
  if (!fits) {
    const wanted = `(${expected.map((size) => size ?? '*').join(', ')})`;
    throw new RangeError(
      `${operation}: ${argument} has the wrong shape, got ${formatShape(actual)}, expected ${wanted}`,
    );
  }
}
