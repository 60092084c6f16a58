/**
 * Whether a plan fits the adapter, decided by arithmetic before anything is allocated: an allocation that is far too
 * large takes the tab or the whole desktop with it before it fails.
 */
import { formatBytes, OutOfGpuMemoryError } from '../gpu/buffers.ts';
import type { Graph } from './graph.ts';
import { formatMemory, type MemoryTable } from './memory-plan.ts';
import { bytesOf, formatShape, type Tensor, type TensorType } from './tensor.ts';

export interface MemoryLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
}

/** Bytes of the largest tensor that a buffer holds and a dispatch binds. */
export function largestTensor({ maxStorageBufferBindingSize, maxBufferSize }: MemoryLimits): number {
  return Math.min(maxStorageBufferBindingSize, maxBufferSize);
}

/** Refuses a graph whose largest tensor no binding of this adapter can hold. @throws as `requireTensorFits` */
export function requireTensorsFit(graph: Graph, limits: MemoryLimits): void {
  const tensors = [...graph.variables.values(), ...graph.inputs.values(), ...graph.nodes.flatMap(outputs)];
  const largest = tensors.reduce<Tensor | null>(
    (best, tensor) => (best === null || bytesOf(tensor) > bytesOf(best) ? tensor : best),
    null,
  );
  if (largest !== null) requireTensorFits(largest, limits, advice(largest));
}

/**
 * Refuses a tensor that no binding of this adapter can hold. The device has every byte of the limit that the adapter
 * grants (gpu/device.ts), so only a smaller tensor or another adapter helps.
 * @throws OutOfGpuMemoryError naming the tensor, and how much smaller it must become
 */
export function requireTensorFits(
  tensor: TensorType & { readonly name: string },
  limits: MemoryLimits,
  advice: string,
): void {
  const limit = largestTensor(limits);
  const bytes = bytesOf(tensor);
  if (bytes <= limit) return;
  throw new OutOfGpuMemoryError(
    `memory: ${tensor.name} ${formatShape(tensor.shape)} is too large for this adapter, got ` +
      `${formatBytes(bytes)}, expected at most ${formatBytes(limit)} in one binding. Make it at least ` +
      `${Math.ceil(bytes / limit)} times smaller: ${advice}. Or use an adapter that grants more.`,
  );
}

/**
 * Refuses a plan that needs more than the budget.
 * @param budget bytes this adapter may be asked for; Infinity where only it knows
 * @throws OutOfGpuMemoryError with the byte table
 */
export function requirePlanFits(table: MemoryTable, budget: number): void {
  if (table.total <= budget) return;
  throw new OutOfGpuMemoryError(
    `memory: the plan needs more than this adapter has, got ${formatBytes(table.total)}, expected at most ` +
      `${formatBytes(budget)}. Use a smaller batch, context or model.\n${formatMemory(table)}`,
  );
}

function outputs({ outputs }: Graph['nodes'][number]): readonly Tensor[] {
  return outputs;
}

function advice({ role }: Tensor): string {
  return role === 'variable'
    ? 'use a smaller model or vocabulary'
    : 'use a smaller batch, context or vocabulary';
}
