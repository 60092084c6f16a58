/**
 * What a program asks of its GPU device, whoever wrote it: buffer bytes alive and at their peak, mappings, and, where
 * asked for, its commands. The same meter for every contestant, put around the device's own methods.
 */

export class Meter {
  /** Bytes of buffers made and not destroyed. */
  alive = 0;
  peak = 0;
  /** Buffers mapped for reading: each is a wait for the GPU. */
  mappings = 0;
  dispatches = 0;
  commandBuffers = 0;

  constructor(device: GPUDevice) {
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => this.watch(create(descriptor));
  }

  /** Counts dispatches and command buffers from here on; that costs time, so it is not for timed steps. */
  countCommands(device: GPUDevice): void {
    const createEncoder = device.createCommandEncoder.bind(device);
    device.createCommandEncoder = (descriptor) => {
      this.commandBuffers++;
      const encoder = createEncoder(descriptor);
      const begin = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = (pass) => this.watchPass(begin(pass));
      return encoder;
    };
  }

  private watch(buffer: GPUBuffer): GPUBuffer {
    const bytes = buffer.size;
    let destroyed = false;
    this.alive += bytes;
    this.peak = Math.max(this.peak, this.alive);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      if (!destroyed) this.alive -= bytes;
      destroyed = true;
      return destroy();
    };
    const map = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (...parameters) => {
      this.mappings++;
      return map(...parameters);
    };
    return buffer;
  }

  private watchPass(pass: GPUComputePassEncoder): GPUComputePassEncoder {
    const dispatch = pass.dispatchWorkgroups.bind(pass);
    pass.dispatchWorkgroups = (...workgroups) => {
      this.dispatches++;
      return dispatch(...workgroups);
    };
    return pass;
  }
}
