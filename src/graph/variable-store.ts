/** Variables on the GPU: buffers by name that live across steps and are shared by executables. */
import { allocateBuffers, readBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { roundToBf16, widenBf16 } from './bf16.ts';
import type { HostArray } from './graph.ts';
import { bytesOf, formatShape, sameShape, sizeOf, widthOf, type Tensor } from './tensor.ts';

interface StoredVariable {
  readonly tensor: Tensor;
  readonly buffer: GPUBuffer;
}

export class VariableStore {
  private readonly stored = new Map<string, StoredVariable>();

  constructor(readonly gpu: Gpu) {}

  /** Allocates (zeroed) the variables not yet here; throws if one is here with another shape. */
  async ensure(variables: Iterable<Tensor>): Promise<void> {
    const missing: Tensor[] = [];
    for (const tensor of variables) {
      const existing = this.stored.get(tensor.name)?.tensor;
      if (!existing) missing.push(tensor);
      else if (!sameShape(existing.shape, tensor.shape) || existing.dtype !== tensor.dtype) {
        throw new RangeError(
          `variable ${tensor.name}: stored as ${existing.dtype} ${formatShape(existing.shape)}, asked for as ${tensor.dtype} ${formatShape(tensor.shape)}`,
        );
      }
    }
    const requests = missing.map((tensor) => ({ label: tensor.name, bytes: bytesOf(tensor) }));
    const buffers = await allocateBuffers(this.gpu, requests);
    missing.forEach((tensor, index) => this.stored.set(tensor.name, { tensor, buffer: buffers[index]! }));
  }

  buffer(name: string): GPUBuffer {
    return this.find(name).buffer;
  }

  /** Bytes of every variable, by name. */
  get sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.stored].map(([name, { tensor }]) => [name, bytesOf(tensor)]));
  }

  /** Writes elements from `offset` on; into bf16 they are rounded, and `offset` is even. */
  write(name: string, data: HostArray, offset = 0): void {
    const { buffer, tensor } = this.find(name);
    const width = widthOf(tensor.dtype);
    if ((offset + data.length) * width > bytesOf(tensor)) {
      throw new RangeError(
        `variable ${name}: writing ${data.length} elements at ${offset} does not fit ${formatShape(tensor.shape)}`,
      );
    }
    const stored = tensor.dtype === 'bf16' ? roundToBf16(data) : data;
    this.gpu.device.queue.writeBuffer(buffer, offset * width, stored as HostArray<ArrayBuffer>);
  }

  /** Reads `count` elements from `offset` on, from bf16 an even one. */
  async read(name: string, offset = 0, count?: number): Promise<Float32Array> {
    const { buffer, tensor } = this.find(name);
    const wanted = count ?? sizeOf(tensor.shape) - offset;
    const start = offset * widthOf(tensor.dtype);
    const bytes = await readBuffer(this.gpu, buffer, start, bytesOf({ ...tensor, shape: [wanted] }));
    return tensor.dtype === 'bf16'
      ? widenBf16(new Uint16Array(bytes, 0, wanted))
      : new Float32Array(bytes, 0, wanted);
  }

  /** Destroys the buffers; call when no submitted work uses them any more. */
  destroy(): void {
    for (const { buffer } of this.stored.values()) buffer.destroy();
    this.stored.clear();
  }

  private find(name: string): StoredVariable {
    const variable = this.stored.get(name);
    if (!variable) throw new Error(`variable ${name} is not in this store`);
    return variable;
  }
}
