/** One node of a graph on buffers of its own, so that its lowerings can be timed before anything else is allocated. */
import { allocateBuffers, bufferUsage } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import type { Encode } from '../gpu/timer.ts';
import { bf16Bits } from '../graph/bf16.ts';
import { bind, packUniforms, uniformStride } from '../graph/binding.ts';
import { loweringContext, type KernelChoices } from '../graph/lowering.ts';
import type { Dispatch, Node } from '../graph/operation.ts';
import { bytesOf, sizeOf, type Tensor } from '../graph/tensor.ts';

/** Numbers that a buffer is filled with, again and again: about the same ones as f32 and as two bf16 in a word. */
const pattern = Uint32Array.from(
  { length: 1 << 16 },
  (_, i) => bf16Bits(((i * 7919) % 257) / 257 - 0.5) * 0x10001,
);

export class NodeBench {
  /** By range of a base: a node rarely binds all of what its tensors are views of. */
  private readonly tensors = new Map<string, Tensor>();
  private readonly buffers = new Map<Tensor, GPUBuffer>();
  private readonly uniforms: GPUBuffer[] = [];

  constructor(
    private readonly gpu: Gpu,
    private readonly node: Node,
  ) {}

  /** Compiles the node as lowered under `choices`. Throws what its lowering, compiling or allocating throws. */
  async prepare(choices: KernelChoices): Promise<Encode> {
    const { gpu } = this;
    const context = loweringContext(gpu.limits, choices, gpu.profile);
    const dispatches = this.node.operation
      .lower(this.node, context)
      .map((dispatch) => this.detached(dispatch));
    const pipelines = await Promise.all(
      dispatches.map(({ shader, variant }) => gpu.pipelines.get(shader, variant ?? {})),
    );
    const uniforms = await this.allocate(dispatches);
    const ready = dispatches.map((dispatch, index) => {
      const { pipeline, layout } = pipelines[index]!;
      return {
        pipeline,
        bindGroup: bind(gpu.device, dispatch, layout, this.buffers, uniforms, index),
        workgroups: dispatch.workgroups,
      };
    });
    return (pass) => {
      for (const { pipeline, bindGroup, workgroups } of ready) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(...workgroups);
      }
    };
  }

  /** Frees everything; call when what was timed is done. */
  destroy(): void {
    for (const buffer of [...this.buffers.values(), ...this.uniforms]) buffer.destroy();
  }

  private detached(dispatch: Dispatch): Dispatch {
    const bindings = Object.entries(dispatch.bindings).map(([name, tensor]) => [
      name,
      this.standalone(tensor),
    ]);
    return { ...dispatch, bindings: Object.fromEntries(bindings) as Dispatch['bindings'] };
  }

  private standalone(tensor: Tensor): Tensor {
    const key = `${tensor.base.name} ${tensor.base.id} ${tensor.offset} ${sizeOf(tensor.shape)}`;
    let found = this.tensors.get(key);
    if (!found) {
      const alone = { ...tensor, offset: 0, node: null };
      found = Object.assign(alone, { base: alone });
      this.tensors.set(key, found);
    }
    return found;
  }

  private async allocate(dispatches: readonly Dispatch[]): Promise<GPUBuffer> {
    const { gpu } = this;
    const bound = new Set(dispatches.flatMap(({ bindings }) => Object.values(bindings)));
    const missing = [...bound].filter((tensor) => !this.buffers.has(tensor));
    const [uniforms, ...buffers] = await allocateBuffers(gpu, [
      { label: 'params', bytes: dispatches.length * uniformStride, usage: bufferUsage.uniform },
      ...missing.map((tensor) => ({ label: tensor.name, bytes: bytesOf(tensor) })),
    ]);
    gpu.device.queue.writeBuffer(uniforms!, 0, packUniforms(dispatches));
    this.uniforms.push(uniforms!);
    missing.forEach((tensor, index) => {
      this.buffers.set(tensor, buffers[index]!);
      // Indices stay zero, which every table has; numbers must be neither zeros nor denormals.
      if (tensor.dtype === 'f32' || tensor.dtype === 'bf16') this.fill(buffers[index]!);
    });
    return uniforms!;
  }

  private fill(buffer: GPUBuffer): void {
    for (let offset = 0; offset < buffer.size; offset += pattern.byteLength) {
      const count = Math.min(pattern.length, (buffer.size - offset) / 4);
      this.gpu.device.queue.writeBuffer(buffer, offset, pattern, 0, count);
    }
  }
}
