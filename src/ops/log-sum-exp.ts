/** What losses and scores over rows of logits share: checks, and the row's logsumexp in float64. */
import { checkShape, type TensorType } from '../graph/tensor.ts';

/** Throws unless logits is (N, V) and targets i32 (N); returns N. */
export function checkTargets(operation: string, logits: TensorType, targets: TensorType): number {
  checkShape(operation, 'logits', logits.shape, [null, null]);
  const rows = logits.shape[0]!;
  checkShape(operation, 'targets', targets.shape, [rows]);
  if (targets.dtype !== 'i32') {
    throw new TypeError(`${operation}: targets has the wrong type, got ${targets.dtype}, expected i32`);
  }
  return rows;
}

/** log Σ exp(x) about the maximum. */
export function logSumExp(values: Float64Array): number {
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  return highest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - highest), 0));
}

/** The column of a target that is not ignored, clamped as the kernels clamp it. */
export function targetColumn(target: number, columns: number): number {
  return Math.min(target, columns - 1);
}
