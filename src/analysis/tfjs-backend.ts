/**
 * TensorFlow.js on the engine's GPU device: one queue, so that work runs in the order it was submitted, and buffers
 * can be shared. The only file that touches tfjs's internals; it is pinned to 4.22.0, and a test watches over each
 * member used. tfjs serves analysis, tests and benchmarks; training never goes through it.
 */
import * as tf from '@tensorflow/tfjs';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Gpu } from '../gpu/device.ts';
import { sizeOf, type Shape } from '../graph/tensor.ts';

export type { WebGPUBackend };

/** What the bridge uses of the backend that is private in its types, or absent from its documentation. */
export interface BackendInternals {
  readonly tensorMap: { get(dataId: object): { resource?: GPUBuffer | null } };
  readonly device: GPUDevice;
  /** Allocates a tensor's buffer, of exactly its size, and uploads its values if it has any. May end the pass. */
  uploadToGPU(dataId: object): void;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: Float32Array | Int32Array): tf.TensorInfo;
  disposeData(dataId: object): boolean;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  /** Data of the commands not yet submitted: it is freed only after them. */
  readonly commandQueueOwnedIds: { add(dataId: object): unknown };
  dispatchCountInPass: number;
}

/** The backend's members by the names above, for the test that sees them go. */
export const internalMembers = [
  'tensorMap',
  'device',
  'uploadToGPU',
  'makeTensorInfo',
  'disposeData',
  'ensureCommandEncoderReady',
  'endComputePassEncoder',
  'submitQueue',
  'commandEncoder',
  'computePassEncoder',
  'commandQueueOwnedIds',
  'dispatchCountInPass',
] as const satisfies readonly (keyof BackendInternals)[];

export function internalsOf(backend: WebGPUBackend): BackendInternals {
  return backend as unknown as BackendInternals;
}

/**
 * Makes tfjs's `webgpu` backend work on `gpu`'s device, and the current backend. Tensors of a backend attached
 * earlier are lost. `navigator.gpu` must exist, as tfjs looks for it.
 */
export async function attachTfjs(gpu: Gpu): Promise<WebGPUBackend> {
  const backend = new WebGPUBackend(gpu.device, gpu.device.adapterInfo);
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu');
  // The kernels are registered under this name; another would have none.
  tf.registerBackend('webgpu', () => backend, 3);
  // MatMulSplitKProgram, which tfjs picks for small outputs, is wrong for a transposed B; 3 keeps to the tiled one.
  tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', 3);
  // Small tensors too are computed on the GPU: one behaviour, whatever the size.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  if (!(await tf.setBackend('webgpu')))
    throw new Error('tfjs: its webgpu backend refused to start on this device');
  return backend;
}

/** Submits what tfjs has recorded. Call before the engine submits work that must come after it. */
export function flush(backend: WebGPUBackend): void {
  const internals = internalsOf(backend);
  internals.endComputePassEncoder();
  // With nothing recorded, submitQueue itself would fail.
  if (internals.commandEncoder) internals.submitQueue();
}

/**
 * An engine buffer as a tfjs tensor (f32). Without a copy where the tensor is the whole buffer, to the byte: it then
 * shows what the buffer holds when tfjs's commands run, and must not outlive it. Otherwise copied on the GPU: a part
 * of a buffer has no tensor of its own in tfjs, and tfjs's kernels read past a tensor's end.
 */
export function toTfjs(backend: WebGPUBackend, buffer: GPUBuffer, shape: Shape, offset = 0): tf.Tensor {
  const bytes = sizeOf(shape) * 4;
  if (offset === 0 && buffer.size === bytes)
    return tf.tensor({ buffer, zeroCopy: true }, [...shape], 'float32');
  flush(backend); // tfjs may give out a buffer again that commands not yet submitted still read
  const internals = internalsOf(backend);
  const info = internals.makeTensorInfo([...shape], 'float32');
  const encoder = internals.device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offset * 4, bufferOf(backend, info), 0, bytes);
  internals.device.queue.submit([encoder.finish()]);
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** The GPU buffer of a tfjs tensor, exactly its size, uploaded or allocated if need be. May end tfjs's pass. */
export function bufferOf(backend: WebGPUBackend, { dataId }: tf.TensorInfo): GPUBuffer {
  const internals = internalsOf(backend);
  internals.uploadToGPU(dataId);
  const { resource } = internals.tensorMap.get(dataId);
  if (!resource) throw new Error('tfjs: a tensor has no GPU buffer after uploadToGPU');
  return resource;
}

/** A tensor of tfjs with a buffer and, unless given, no values yet. */
export function allocate(backend: WebGPUBackend, shape: Shape, dtype: tf.DataType): tf.TensorInfo {
  const info = internalsOf(backend).makeTensorInfo([...shape], dtype);
  bufferOf(backend, info);
  return info;
}

/** A copy on the GPU, in tfjs's own order of commands. */
export function copy(backend: WebGPUBackend, source: tf.TensorInfo): tf.TensorInfo {
  const internals = internalsOf(backend);
  const target = allocate(backend, source.shape, source.dtype);
  const [from, to] = [bufferOf(backend, source), bufferOf(backend, target)];
  internals.endComputePassEncoder();
  internals.ensureCommandEncoderReady();
  internals.commandEncoder!.copyBufferToBuffer(from, 0, to, 0, to.size);
  for (const { dataId } of [source, target]) internals.commandQueueOwnedIds.add(dataId);
  return target;
}

/** Frees a tensor that no tfjs tensor wraps, once the commands recorded so far have run. */
export function release(backend: WebGPUBackend, { dataId }: tf.TensorInfo): void {
  internalsOf(backend).disposeData(dataId);
}

export interface RecordedDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [x: number, y: number, z: number];
}

/** Appends dispatches to tfjs's own compute pass; `uses` are the tensors whose buffers they bind. */
export function record(
  backend: WebGPUBackend,
  dispatches: readonly RecordedDispatch[],
  uses: Iterable<tf.TensorInfo>,
): void {
  const internals = internalsOf(backend);
  for (const { dataId } of uses) internals.commandQueueOwnedIds.add(dataId);
  internals.ensureCommandEncoderReady();
  const pass = (internals.computePassEncoder ??= internals.commandEncoder!.beginComputePass());
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
    internals.dispatchCountInPass++;
  }
  // As tfjs does after each of its own programs.
  if (internals.dispatchCountInPass >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE'))
    flush(backend);
}
