/**
 * Runs a graph of the engine's operations on tfjs tensors: lowered once per shape, its kernels recorded into tfjs's
 * own pass. What in-place operations overwrite is copied first, for a tfjs tensor never changes.
 */
import type { TensorInfo } from '@tensorflow/tfjs';
import { bufferUsage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { bind, packUniforms } from '../graph/binding.ts';
import type { Graph, HostArray } from '../graph/graph.ts';
import { lowerGraph } from '../graph/lowering.ts';
import type { Dispatch } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { allocate, bufferOf, copy, record, release, type WebGPUBackend } from './tfjs-backend.ts';

/** A lowered graph with what it needs on the GPU besides the tensors of one call. */
export interface TfjsPlan {
  readonly gpu: Gpu;
  /** Inputs by name. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: readonly Tensor[];
  readonly dispatches: readonly Dispatch[];
  /** Buffers of constants. */
  readonly constants: ReadonlyMap<Tensor, GPUBuffer>;
  readonly uniforms: GPUBuffer;
}

/** Lowers what `outputs` depend on. */
export function planForTfjs(gpu: Gpu, graph: Graph, outputs: readonly Tensor[]): TfjsPlan {
  const dispatches = needed(lowerGraph(graph, gpu.limits, undefined, undefined, outputs), outputs);
  const constants = new Map(
    [...graph.constants].map(([tensor, data]) => [tensor, upload(gpu, data, bufferUsage.storage)]),
  );
  const uniforms = upload(gpu, packUniforms(dispatches), bufferUsage.uniform);
  return { gpu, inputs: graph.inputs, outputs, dispatches, constants, uniforms };
}

/** The dispatches that write something an output depends on: a gradient's graph holds a whole forward pass. */
function needed(dispatches: readonly Dispatch[], outputs: readonly Tensor[]): Dispatch[] {
  const wanted = new Set(outputs.map(({ base }) => base));
  const kept: Dispatch[] = [];
  for (const dispatch of [...dispatches].reverse()) {
    if (!written(dispatch).some((base) => wanted.has(base))) continue;
    kept.unshift(dispatch);
    for (const { base } of Object.values(dispatch.bindings)) wanted.add(base);
  }
  return kept;
}

function written({ shader, bindings }: Dispatch): Tensor[] {
  return shader.bindings
    .filter(({ access }) => access === 'read_write')
    .map(({ name }) => bindings[name]!.base);
}

function upload(gpu: Gpu, data: HostArray | Uint8Array, usage: number): GPUBuffer {
  const buffer = gpu.device.createBuffer({ size: Math.max(16, data.byteLength), usage });
  gpu.device.queue.writeBuffer(buffer, 0, data as Uint8Array<ArrayBuffer>);
  return buffer;
}

/** Records one run; gives the outputs, which the caller owns. Inputs by the graph's names, of its shapes. */
export function runOnTfjs(
  backend: WebGPUBackend,
  plan: TfjsPlan,
  inputs: Readonly<Record<string, TensorInfo>>,
): TensorInfo[] {
  const { gpu, dispatches, constants, uniforms, outputs } = plan;
  const own = new Map<Tensor, TensorInfo>(); // by base: what this run makes
  const all = new Map<Tensor, TensorInfo>();
  const overwritten = new Set([...dispatches.flatMap(written), ...outputs.map(({ base }) => base)]);
  for (const [name, tensor] of plan.inputs) {
    const given = inputs[name]!;
    if (overwritten.has(tensor)) own.set(tensor, copy(backend, given));
    all.set(tensor, own.get(tensor) ?? given);
  }
  for (const { bindings } of dispatches) {
    for (const { base } of Object.values(bindings)) {
      if (all.has(base) || constants.has(base)) continue;
      own.set(base, allocate(backend, base.shape, base.dtype === 'f32' ? 'float32' : 'int32'));
      all.set(base, own.get(base)!);
    }
  }
  // All buffers first: uploading may end the pass that the dispatches are recorded into.
  const buffers = new Map(constants);
  for (const [base, info] of all) buffers.set(base, bufferOf(backend, info));
  const recorded = dispatches.map((dispatch, index) => {
    const { pipeline, layout } = gpu.pipelines.getNow(dispatch.shader, dispatch.variant ?? {});
    const bindGroup = bind(gpu.device, dispatch, layout, buffers, uniforms, index);
    return { pipeline, bindGroup, workgroups: dispatch.workgroups };
  });
  record(backend, recorded, all.values());
  const kept = new Set(outputs.map(({ base }) => base));
  for (const [base, info] of own) if (!kept.has(base)) release(backend, info);
  return outputs.map(({ base, shape }) => ({ ...own.get(base)!, shape: [...shape] }));
}
