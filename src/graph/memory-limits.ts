/**
 * Whether a plan fits the adapter, decided by arithmetic before anything is allocated: an allocation that is far too
 * large takes the tab or the whole desktop with it before it fails.
 */
import { formatBytes, OutOfGpuMemoryError } from '../gpu/buffers.ts';
import type { Graph } from './graph.ts';
import { formatMemory, type MemoryTable } from './memory-plan.ts';
import { bytesOf, formatShape, type Tensor } from './tensor.ts';

export interface MemoryLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
}

/**
 * Refuses a graph whose largest tensor no binding of this adapter can hold.
 * @throws OutOfGpuMemoryError naming the tensor, and how much smaller it must become
 */
export function requireTensorsFit(graph: Graph, limits: MemoryLimits): void {
  const limit = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize);
  const tensors = [...graph.variables.values(), ...graph.inputs.values(), ...graph.nodes.flatMap(outputs)];
  const largest = tensors.reduce<Tensor | null>(
    (best, tensor) => (best === null || bytesOf(tensor) > bytesOf(best) ? tensor : best),
    null,
  );
  if (largest === null || bytesOf(largest) <= limit) return;
  const factor = Math.ceil(bytesOf(largest) / limit);
  throw new OutOfGpuMemoryError(
    `memory: ${largest.name} ${formatShape(largest.shape)} is too large for this adapter, got ` +
      `${formatBytes(bytesOf(largest))}, expected at most ${formatBytes(limit)} in one binding. Make it at least ` +
      `${factor} times smaller: ${advice(largest)}.`,
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
