/** GPU buffers: allocation that fails loudly, writing, and reading back. */
import type { Gpu } from './device.ts';

// GPUBufferUsage and GPUMapMode are not defined everywhere in Node; these are the numbers of the specification.
const MAP_READ = 0x0001;
const COPY_SRC = 0x0004;
const COPY_DST = 0x0008;
const UNIFORM = 0x0040;
const STORAGE = 0x0080;
const MODE_READ = 0x0001;

export const bufferUsage = {
  storage: STORAGE | COPY_SRC | COPY_DST,
  uniform: UNIFORM | COPY_DST,
  staging: MAP_READ | COPY_DST,
} as const;

export interface Allocation {
  readonly label: string;
  readonly bytes: number;
  readonly usage?: number;
}

/** The adapter refused to allocate; the message holds the arithmetic. */
export class OutOfGpuMemoryError extends RangeError {
  override readonly name = 'OutOfGpuMemoryError';
}

/** Allocates all buffers or none, in one out-of-memory scope; new buffers are zero. */
export async function allocateBuffers(gpu: Gpu, allocations: readonly Allocation[]): Promise<GPUBuffer[]> {
  const { device } = gpu;
  device.pushErrorScope('out-of-memory');
  device.pushErrorScope('validation');
  const buffers = allocations.map(({ label, bytes, usage }) =>
    device.createBuffer({
      label,
      size: Math.max(16, Math.ceil(bytes / 16) * 16),
      usage: usage ?? bufferUsage.storage,
    }),
  );
  const [validation, memory] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  if (validation || memory) {
    for (const buffer of buffers) buffer.destroy();
    const total = allocations.reduce((sum, { bytes }) => sum + bytes, 0);
    const largest = allocations.reduce((a, b) => (a.bytes >= b.bytes ? a : b));
    throw new OutOfGpuMemoryError(
      `allocate: ${formatBytes(total)} in ${allocations.length} buffers (largest: ${largest.label}, ` +
        `${formatBytes(largest.bytes)}) were refused: ${(memory ?? validation)!.message}. Use a smaller batch, context or model.`,
    );
  }
  return buffers;
}

/** Copies a whole buffer, or `bytes` of it from `offset`, back to the host. Waits for all earlier work. */
export async function readBuffer(
  gpu: Gpu,
  buffer: GPUBuffer,
  offset = 0,
  bytes = buffer.size - offset,
): Promise<ArrayBuffer> {
  const { device } = gpu;
  const staging = device.createBuffer({
    label: 'readback',
    size: Math.ceil(bytes / 4) * 4,
    usage: bufferUsage.staging,
  });
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, staging.size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MODE_READ);
    gpu.check();
    return staging.getMappedRange().slice(0, bytes);
  } catch (error) {
    gpu.check(); // a lost device explains more than the mapping error it caused
    throw error;
  } finally {
    staging.destroy();
  }
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power - 1]}`;
}
