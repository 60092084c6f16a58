/** What a dispatch is given: its tensors' buffers, and its params in one uniform buffer shared by a whole list. */
import { packParams } from '../gpu/shader.ts';
import type { Dispatch } from './operation.ts';
import { bytesOf, startOf, type Tensor } from './tensor.ts';

/** Bytes from one dispatch's params to the next: WebGPU's required alignment of a uniform binding. */
export const uniformStride = 256;

/** The params of all dispatches, one stride each. */
export function packUniforms(dispatches: readonly Dispatch[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(Math.max(1, dispatches.length) * uniformStride);
  dispatches.forEach(({ shader, params }, index) => {
    if (shader.params.length > 0)
      packed.set(new Uint8Array(packParams(shader, params ?? {})), index * uniformStride);
  });
  return packed;
}

/** The bind group of dispatch number `index` of a list; `buffers` by base tensor, which may start further in. */
export function bind(
  device: GPUDevice,
  dispatch: Dispatch,
  layout: GPUBindGroupLayout,
  buffers: ReadonlyMap<Tensor, GPUBuffer>,
  uniforms: GPUBuffer,
  index: number,
  startInBuffer: (base: Tensor) => number = () => 0,
): GPUBindGroup {
  const entries = dispatch.shader.bindings.map(({ name, binding, access }) => {
    if (access === 'uniform') {
      return { binding, resource: { buffer: uniforms, offset: index * uniformStride, size: uniformStride } };
    }
    const tensor = dispatch.bindings[name]!;
    const buffer = buffers.get(tensor.base);
    if (!buffer) throw new Error(`${dispatch.shader.name}: ${tensor.name} has no buffer`);
    return {
      binding,
      resource: { buffer, offset: startInBuffer(tensor.base) + startOf(tensor), size: bytesOf(tensor) },
    };
  });
  return device.createBindGroup({ label: dispatch.shader.name, layout, entries });
}
